#!/bin/sh
# Builds launcher.exe and shim.exe for 64-bit Windows into the directory $1 (Debian: gcc-mingw-w64-x86-64-win32).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
for program in launcher shim; do
    x86_64-w64-mingw32-gcc -std=c11 -Wall -Wextra -Werror -Os -s -municode -mconsole \
        -o "$1/$program.exe" "$here/$program.c" -lws2_32
done
