#!/usr/bin/env bash
# Fetches Debian's Pd for ARM and the libraries it needs into build/arm-pd, for tests that run it under qemu-arm.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD/build/arm-pd
[ -x "$root/usr/bin/puredata" ] && exit 0
sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo -n"
if ! dpkg --print-foreign-architectures | grep -qx armhf; then
  $sudo dpkg --add-architecture armhf
fi
$sudo apt-get update -qq || true # one stale index must not stop the others
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
packages="puredata-core libc6 libasound2 libjack-jackd2-0 libportaudio2 libgcc-s1 libstdc++6 libdb5.3 libopus0 libsamplerate0"
# shellcheck disable=SC2046,SC2086
(cd "$work" && apt-get download -qq $(printf '%s:armhf ' $packages) 2>/dev/null)
for package in "$work"/*.deb; do dpkg -x "$package" "$work/root"; done
mkdir -p build
mv "$work/root" "$root"
