#!/usr/bin/env bash
# Installs the clients of hubs that tests run beside the one in .venv: older releases of huggingface_hub, and
# JavaScript's, each into a folder of its own under build/clients. What is there already stays.
set -euo pipefail
cd "$(dirname "$0")/.."
releases=(1.33.0 0.36.2)
javascript=2.17.5

for release in "${releases[@]}"; do
  folder=build/clients/$release
  [ -e "$folder/installed" ] && continue
  rm -rf "$folder"
  "${PYTHON:-python3}" -m venv "$folder"
  "$folder/bin/python" -m pip --disable-pip-version-check install --quiet "huggingface_hub==$release"
  touch "$folder/installed"
done

if ! command -v npm >/dev/null; then
  sudo=""
  [ "$(id -u)" = 0 ] || sudo="sudo -n"
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends nodejs npm </dev/null
fi
if [ ! -e "build/clients/js/$javascript" ]; then
  rm -rf build/clients/js
  mkdir -p build/clients/js
  npm install --prefix build/clients/js --silent --no-audit --no-fund "@huggingface/hub@$javascript"
  touch "build/clients/js/$javascript"
fi
