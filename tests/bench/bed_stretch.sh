#!/usr/bin/env bash
# bed_stretch.sh BIN [ROUNDS]: how exactly --stretch makes a device slower; see stretch_bench.cpp. Two minutes.
set -euo pipefail
bin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$bin/convoy-zoo" lenet5 -o "$work/lenet5.onnx" 2>/dev/null
"$bin/stretch_bench" "$work/lenet5.onnx" "${@:2}"
