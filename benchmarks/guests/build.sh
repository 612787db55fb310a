#!/bin/sh
# build.sh OUTPUT [ROUNDS [MARCH]]: compile the benchmark's guest, beside the project.
set -eu
here=$(dirname "$0")
riscv64-unknown-elf-gcc -O2 -march="${3:-rv64ima_zicsr_zifencei}" -mabi=lp64 -mcmodel=medany \
    -nostdlib -ffreestanding -fno-tree-loop-distribute-patterns -DROUNDS="${2:-1}" \
    -Wl,-T,"$here/guest.ld" -Wl,--no-warn-rwx-segments "$here/start.S" "$here/mix.c" -o "$1"
