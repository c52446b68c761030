# table.csv -> the predicted latency of every strategy in milliseconds, a row for each cell.
BEGIN { FS = "," }
function ms(value) { return sprintf(value < 10 ? "%.3f" : value < 1000 ? "%.1f" : "%.0f", value) }
FNR == 1 { next }
{
    cell = "| " $1 " | " $2 " | " $3 " |"
    if (!(cell in known_cell)) { known_cell[cell] = 1; cell_name[++cells] = cell }
    if (!($4 in known_strategy)) { known_strategy[$4] = 1; strategy_name[++strategies] = $4 }
    latency[cell, $4] = $5
}
END {
    header = "| model | cluster | start-up [ms] |"
    rule = "|---|---|---:|"
    for (s = 1; s <= strategies; ++s) { header = header " " strategy_name[s] " |"; rule = rule "---:|" }
    print header
    print rule
    for (c = 1; c <= cells; ++c) {
        row = cell_name[c]
        for (s = 1; s <= strategies; ++s) {
            key = cell_name[c] SUBSEP strategy_name[s]
            row = row " " (key in latency ? ms(latency[key]) : "") " |"
        }
        print row
    }
}
