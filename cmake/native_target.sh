#!/bin/sh
# Prints a short fingerprint of what `-march=native` means to this compiler on this CPU.
# Usage: native_target.sh [COMPILER]
#
# A build folder holds code for the CPU it was made on. The fingerprint goes into every compile
# command, so a folder (or a compiler cache) that travels to another CPU is rebuilt, not trusted.
# Cache sizes, which some virtual machines change from boot to boot, are left out.

"${1:-c++}" -march=native -E -x c++ '-###' /dev/null 2>&1 |
  grep -e '-march=\|-target-cpu' | sed 's/--param [^ ]*//g' | cksum | cut -d ' ' -f 1
