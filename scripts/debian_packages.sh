#!/bin/sh
# Programs that a few tests use. Installed only as root on Debian; elsewhere those tests skip and say so.
set -eu
packages=""
command -v exiftool >/dev/null 2>&1 || packages="$packages libimage-exiftool-perl"
command -v redis-server >/dev/null 2>&1 || packages="$packages redis-server"
command -v chromium >/dev/null 2>&1 || packages="$packages chromium"
command -v nginx >/dev/null 2>&1 || packages="$packages nginx-light"
command -v openssl >/dev/null 2>&1 || packages="$packages openssl"
[ -n "$packages" ] || exit 0
if [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ]; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
else
  echo "not installed, tests that need them will skip:$packages" >&2
fi
