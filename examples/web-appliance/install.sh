#!/bin/sh
# Runs in the machine being baked: puts the uploaded files in place, switches
# the services on, and proves that they work before the image is made.
set -eu

chmod 0755 /root/appliance/usr/lib/appliance/configure /root/appliance/usr/lib/appliance/health /root/appliance/usr/lib/appliance/health.d/*
cp -r /root/appliance/. /
rm -r /root/appliance

# base-files owns /etc/os-release and would undo our lines at its next update.
dpkg-divert --quiet --local --rename --add /etc/os-release
printf 'IMAGE_ID=web-appliance\nIMAGE_VERSION=%s\n' "$IMAGE_VERSION" >/usr/lib/appliance/image

rm -f /etc/nginx/sites-enabled/default
ln -s ../sites-available/appliance /etc/nginx/sites-enabled/appliance

systemd-tmpfiles --create appliance.conf
systemctl daemon-reload
systemctl -q enable nginx appliance-configure.service appliance-health.service appliance-health.timer apt-daily-upgrade.timer

systemctl start appliance-configure.service
nginx -t -q
systemctl restart nginx
systemctl start appliance-health.service
curl -fsS http://127.0.0.1/health
grep -q '"status": "healthy"' /run/appliance/health.json
grep -qx "IMAGE_VERSION=$IMAGE_VERSION" /etc/os-release
apt-config dump | grep -q '^Unattended-Upgrade::Automatic-Reboot-Time "03:30";'
