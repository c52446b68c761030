#!/usr/bin/env bash
# pick.sh SEARCH UPLINK CELL.csv UPLINK...: used by the Makefile. SEARCH/table.csv and SEARCH/rows are of one search for
# the last uplinks, in that order: the lines for UPLINK go to CELL.csv, and "rows" beside it becomes a link to the models
# and plans for it.
set -euo pipefail
search=$1 uplink=$2 cell=$3
shift 3
number=1
while [ "$1" != "$uplink" ]; do
    number=$((number + 1))
    shift
done
# Without other uplinks the table has no column for them.
awk -F, -v number="$number" '
    NR == 1 { swept = $1 != "method" }
    NR > 1 && swept && $1 != last { last = $1; ++part }
    NR > 1 && swept && part != number { next }
    { if (swept) sub(/^[^,]*,/, ""); print }' "$search/table.csv" >"$cell.new"
rows=$search/rows
if [ "$number" -gt 1 ]; then
    rows+=/uplink-$(awk -F, -v number="$number" 'NR > 1 && $1 != last { last = $1; if (++part == number) print last }' \
        "$search/table.csv")
fi
[ -d "$rows" ] || { echo "pick.sh: $rows is missing" >&2; exit 1; }
ln -sfn "$(realpath --relative-to="$(dirname "$cell")" "$rows")" "$(dirname "$cell")/rows"
mv "$cell.new" "$cell"
