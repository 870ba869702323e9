#!/usr/bin/env bash
# Builds Csound with 32-bit samples, as a Bela has it, from Debian's source package into build/csound32, for tests that
# run the opcodes in it. One to three minutes. Needs: apt-get, cmake, make, cc, bison, flex, xz and libsndfile's headers.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$PWD/build/csound32
[ -x "$target/csound" ] && exit 0

for program in apt-get cmake make cc bison flex xz; do
  if ! command -v "$program" >/dev/null 2>&1; then
    echo "build_csound32: $program is needed and is not here; on Debian: apt-get install build-essential cmake bison flex xz-utils" >&2
    exit 1
  fi
done
if ! echo '#include <sndfile.h>' | cc -E -o /dev/null - 2>/dev/null; then
  echo "build_csound32: sndfile.h is needed; on Debian: apt-get install libsndfile1-dev" >&2
  exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work" # apt fetches as a user of its own
mkdir -p "$work/lists/partial" "$work/source" "$work/build"

# The sources of the Debian that is installed; the system's own lists stay as they are.
for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
  [ -f "$list" ] && sed -n 's/^deb /deb-src /p' "$list"
done >"$work/apt.list"
for list in /etc/apt/sources.list.d/*.sources; do
  [ -f "$list" ] && sed 's/^Types:.*/Types: deb-src/' "$list" && echo
done >"$work/apt.sources"
lists=apt.list
[ -s "$work/apt.list" ] || lists=apt.sources
apt=(-o Dir::Etc::sourcelist="$work/$lists" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$work/lists")
apt-get "${apt[@]}" update -qq || true # one stale index must not stop the others
(cd "$work/source" && apt-get "${apt[@]}" source --download-only --only-source -qq csound 2>/dev/null) || true

# Debian's own changes are not needed; its checksum of the original is.
archive=$(echo "$work"/source/csound_*.orig.tar.xz)
if [ ! -f "$archive" ]; then
  echo "build_csound32: Debian's source of csound cannot be fetched" >&2
  exit 1
fi
(cd "$work/source" && sed -n '/^Checksums-Sha256:/,/^[^ ]/p' csound_*.dsc | awk '/orig.tar.xz$/ {print $1 "  " $3}' | sha256sum --check --quiet)
tar -xf "$archive" -C "$work/source"
source=$(echo "$work"/source/csound-*/)

options=(-DCMAKE_BUILD_TYPE=Release -DUSE_DOUBLE=OFF -DBUILD_TESTS=OFF)
for part in BUILD_UTILITIES BUILD_CSBEATS BUILD_CXX_INTERFACE BUILD_JAVA_INTERFACE BUILD_LUA_INTERFACE USE_GETTEXT USE_CURL \
  USE_MP3 USE_GIT_COMMIT; do
  options+=("-D$part=OFF")
done
if ! { cmake -S "$source" -B "$work/build" "${options[@]}" &&
  make -C "$work/build" -j"$(nproc)" csound-bin; } >"$work/log" 2>&1; then
  tail -20 "$work/log" >&2
  exit 1
fi

# The headers are those of this version, with samples of 32 bits.
mkdir -p "$work/done/include" "$work/done/plugins"
cp "$source"/include/*.h "$work"/build/include/*.h "$work/done/include/"
cp "$work"/build/csound "$work"/build/libcsound.so.* "$work/done/"
strip "$work/done/csound" "$work"/done/libcsound.so.*
mkdir -p build
mv "$work/done" "$target"
