#!/bin/sh
# Build GNU's assembler and simulator of the PRU from Debian's source packages, for `pytest -m pru_tools`.
# About six minutes on two cores. Needs: apt-get, dpkg-deb, gcc, make, bison, flex, and the headers of gmp and mpfr.
# The folder is ZOO_PRU_TOOLS, else pru-tools in the project's cache folder.
set -eu

here=$(dirname "$0")/..
python=${PYTHON:-python3}
default=$(cd "$here" && "$python" -c 'from zoo.cache import cache_folder; print(cache_folder() / "pru-tools")')
tools=${ZOO_PRU_TOOLS:-$default}
jobs=$(nproc 2>/dev/null || echo 1)

for program in apt-get dpkg-deb tar gcc make bison flex; do
    if ! command -v "$program" >/dev/null 2>&1; then
        echo "build_pru_tools: $program is needed and is not here; on Debian: apt-get install build-essential bison flex" >&2
        exit 1
    fi
done
for header in gmp.h mpfr.h; do
    if ! echo "#include <stdio.h>
#include <$header>" | gcc -E -o /dev/null - 2>/dev/null; then
        echo "build_pru_tools: $header is needed; on Debian: apt-get install libgmp-dev libmpfr-dev" >&2
        exit 1
    fi
done
if [ -x "$tools/pru-elf-as" ] && [ -x "$tools/run" ]; then
    echo "build_pru_tools: $tools has them already"
    exit 0
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/pru-tools.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
chmod 755 "$work"  # apt fetches as a user of its own
cd "$work"

# The packages hold the sources as Debian patched them; nothing is installed.
apt-get download binutils-source gdb-source
for package in ./*.deb; do dpkg-deb -x "$package" unpacked; done
for archive in unpacked/usr/src/binutils/binutils-*.tar.* unpacked/usr/src/gdb.tar.*; do tar xf "$archive"; done
binutils=$(echo "$work"/binutils-*/)
gdb=$(echo "$work"/gdb*/)

common="--target=pru-elf --disable-nls --disable-werror --disable-gprof --disable-gprofng MAKEINFO=true"
mkdir assembler simulator
(cd assembler && "$binutils/configure" $common --prefix="$work/installed" --disable-gdb --disable-sim &&
    make -s -j"$jobs" MAKEINFO=true && make -s install MAKEINFO=true) >"$work/assembler.log" 2>&1 ||
    { tail -20 "$work/assembler.log" >&2; exit 1; }
(cd simulator && "$gdb/configure" $common --enable-sim --disable-gdb --disable-gdbserver --disable-binutils \
    --disable-gas --disable-ld && make -s -j"$jobs" MAKEINFO=true all-sim) >"$work/simulator.log" 2>&1 ||
    { tail -20 "$work/simulator.log" >&2; exit 1; }

mkdir -p "$tools"
for program in as ld objcopy objdump; do cp "installed/bin/pru-elf-$program" "$tools/"; done
strip "$tools"/pru-elf-*
cp simulator/sim/pru/run "$tools/run.partial"
strip "$tools/run.partial"
mv "$tools/run.partial" "$tools/run"
echo "build_pru_tools: wrote pru-elf-as, pru-elf-ld, pru-elf-objcopy, pru-elf-objdump and run to $tools"
