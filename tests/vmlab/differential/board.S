# Where things are on the board. Put before each kernel here.

    .equ FINISHER, 0x100000
    .equ UART, 0x10000000
    .equ MTIMECMP, 0x2004000
    .equ MTIME, 0x200bff8
    .equ PLIC, 0xc000000
