#!/usr/bin/env bash
# Bakes the example and boots the result once. `make demo` has set up and built.
set -euo pipefail
cd "$(dirname "$0")/.."
./ovenbird build -force examples/web-appliance
go run ./tools/demo output-web-appliance/web-appliance.qcow2
echo "demo: the image is output-web-appliance/web-appliance.qcow2; examples/web-appliance/README.md says how to run it"
