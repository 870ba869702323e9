#!/usr/bin/env bash
# Installs the audio hosts that tests run, from Debian's packages: Pd, scsynth, Csound, Faust, Chromium, qemu.
# SuperCollider's headers go to build/supercollider, ARM's Pd to build/arm-pd.
set -euo pipefail
cd "$(dirname "$0")/.."
sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo -n"
packages=(puredata-core puredata-dev supercollider-server supercollider-language csound libcsound64-dev faust qemu-user chromium)
$sudo apt-get update -qq || true # one stale index must not stop the others
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${packages[@]}" </dev/null
if [ ! -d build/supercollider ]; then # the package itself would bring a whole desktop
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  (cd "$work" && apt-get download -qq supercollider-dev 2>/dev/null)
  dpkg -x "$work"/supercollider-dev_*.deb "$work/root"
  mkdir -p build
  mv "$work/root" build/supercollider
fi
scripts/build_arm_pd.sh
