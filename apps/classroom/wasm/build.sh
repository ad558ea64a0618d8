#!/bin/sh
# Compiles the norms, their drivers and the playground's engine to WebAssembly, beside this file:
# engine.wasm.gz, which is part of the sources so that only this needs emscripten, and engine.json,
# by which a test notices that norms changed since.
#   build.sh FOLDER    which keeps what is compiled on the way

set -eu
mkdir -p "$1/include"
work=$(readlink -f "$1")
cd "$(dirname "$0")/../../.."
here=apps/classroom/wasm
# The system's other headers are not for WebAssembly.
ln -sfn "${NLOHMANN:-/usr/include/nlohmann}" "$work/include/nlohmann"
export NODE_PATH="${NODE_PATH:-/usr/share/nodejs}" # where Debian has acorn

# The norms and what they pull in; the linker names what is missing. Of the classroom all but the page.
sources="
  core/comm.cpp core/context.cpp core/parallel.cpp core/param.cpp core/pool.cpp core/rng.cpp
  core/tape.cpp core/tensor.cpp
  $(find core/config core/kernels/norm -name '*.cpp' | sort)
  core/kernels/activation.cpp core/kernels/add.cpp core/kernels/dot.cpp
  core/kernels/local_response.cpp core/kernels/round_bfloat16.cpp core/kernels/scale_samples.cpp
  layers/activation.cpp layers/layer_registry.cpp layers/layer_run.cpp
  layers/residual/joins.cpp layers/residual/stream.cpp
  $(find layers/norms -name '*.cpp' | sort)
  $(grep -L 'html_page' apps/classroom/*.cpp) $here/exports.cpp"

# -Os: pages are passed on, and a few numbers are quick however they are computed.
# Without -mfma and -ffast-math the numbers are the native ones but for the last digits.
{
  cat <<END
builddir = $work
rule compile
  command = em++ -std=c++20 -Os -fwasm-exceptions -Wall -Wextra -Wno-unknown-pragmas \$
    -I. -isystem $here/include -isystem $work/include -include $here/compat.h \$
    -MMD -MF \$out.d -c \$in -o \$out
  description = \$in
  depfile = \$out.d
  deps = gcc
rule link
  command = em++ -Os -fwasm-exceptions --no-entry -sSTANDALONE_WASM -sALLOW_MEMORY_GROWTH \$in -o \$out
  description = \$out
END
  objects=
  for source in $sources; do
    echo "build $work/objects/$source.o: compile $source | $here/compat.h"
    objects="$objects $work/objects/$source.o"
  done
  echo "build $work/engine.wasm: link $objects"
} >"$work/build.ninja"
ninja -f "$work/build.ninja" -j "${JOBS:-$(nproc)}" "$work/engine.wasm"
gzip -9 -n -c "$work/engine.wasm" >"$work/engine.wasm.gz"
node "$here/record.js" "$work/engine.wasm.gz" >"$work/engine.json"
mv "$work/engine.wasm.gz" "$work/engine.json" "$here"
