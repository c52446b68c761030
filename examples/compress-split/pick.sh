#!/usr/bin/env bash
# pick.sh SEARCH CLUSTER CELL.csv: used by the Makefile. SEARCH/table.csv and SEARCH/rows are of one search for several
# clusters: the lines for CLUSTER go to CELL.csv, and "rows" beside it becomes a link to the models and plans for it.
set -euo pipefail
search=$1 cluster=$2 cell=$3
# For one cluster the table has no column for it.
awk -F, -v cluster="$cluster" '
    NR == 1 { swept = $1 == "cluster" }
    NR > 1 && swept && $1 != cluster { next }
    { if (swept) sub(/^[^,]*,/, ""); print }' "$search/table.csv" >"$cell.new"
rows=$search/rows
number=$(awk -F, -v cluster="$cluster" '
    NR > 1 && $1 != last { last = $1; ++number }
    $1 == cluster { print number; exit }' "$search/table.csv")
if [ "${number:-1}" -gt 1 ]; then rows+=/cluster-$number; fi
[ -d "$rows" ] || { echo "pick.sh: $rows is missing" >&2; exit 1; }
ln -sfn "$(realpath --relative-to="$(dirname "$cell")" "$rows")" "$(dirname "$cell")/rows"
mv "$cell.new" "$cell"
