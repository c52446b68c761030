# The cells' CSV files, .../MODEL/CLUSTER/START_UP.csv, as one table.
BEGIN { FS = OFS = "," }
FNR == 1 {
    parts = split(FILENAME, part, "/")
    start_up = part[parts]
    sub(/\.csv$/, "", start_up)
    if (NR == 1) print "model", "cluster", "start_up_ms", $0
    next
}
{ print part[parts - 2], part[parts - 1], start_up, $0 }
