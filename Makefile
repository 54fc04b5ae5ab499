# `make` alone prints this help: every target with a "##" comment is listed.
.DEFAULT_GOAL := help
.PHONY: help setup build demo test test-unit test-vm lint docs bench verdicts soak

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
export CGO_ENABLED := 0

help: ## print this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install the system packages that are missing (apt; sudo only if needed)
	@tools/setup.sh

build: ## build the static binary ./ovenbird
	go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o ovenbird .

demo: setup build ## bake examples/web-appliance, boot the result once, show its answer
	@tools/demo.sh

test: setup test-unit test-vm ## run every test, real machines included

test-unit: ## run the tests that need no machine
	go test ./...

test-vm: build ## run the tests on real machines only (two at a time)
	go test -tags vm -p 1 -count 1 -timeout 40m ./acceptance/...

lint: bin/lint bin/gofumpt ## check style, budgets, import direction and generated docs
	go vet ./...
	go vet -tags vm ./...
	bin/lint ./...
	bin/lint -tags vm ./acceptance/... ./builders/...
	@test -z "$$(bin/gofumpt -l . | tee /dev/stderr)" || { echo 'gofumpt: the files above are not formatted; run: bin/gofumpt -w .'; exit 1; }
	go run ./tools/budgets
	go run ./tools/docgen -check
	go -C tools/lint test ./...

bin/lint: $(wildcard tools/lint/*)
	go build -C tools/lint -o ../../$@ .

bin/gofumpt: tools/lint/go.mod tools/lint/go.sum
	go build -C tools/lint -o ../../$@ mvdan.cc/gofumpt

docs: ## regenerate docs/options from the comments of the option structs
	go run ./tools/docgen

bench: setup build ## compare with packer on one template, side by side
	@go run ./tools/bench

soak: setup build ## the acceptance tests with 60 kills at random moments
	OVENBIRD_KILLS=60 go test -tags vm -p 1 -count 1 -timeout 120m ./acceptance/...

verdicts: ## compare the verdicts on templates/testdata/cases with those of packer
	@go run ./tools/verdicts
