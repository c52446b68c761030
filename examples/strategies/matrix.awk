# A sweep's CSV -> how much less of a metric one strategy has than the best of others, in percent: a matrix of the last
# two axes for each combination of those before them.
#   awk -f matrix.awk -v of=iop -v against="oc coedge" [-v metric=latency_ms] SWEEP.csv
BEGIN { FS = ","; if (metric == "") metric = "latency_ms"; others = split(against, other, " ") }
NR == 1 {
    for (i = 1; i <= NF; ++i) {
        column[$i] = i
        if ($i == "strategy") axes = i - 1
    }
    for (i = 1; i <= NF; ++i) title[i] = $i
    if (!(metric in column) || axes < 1) { print "matrix.awk: this is no sweep with " metric > "/dev/stderr"; exit 1 }
    next
}
{
    panel = ""
    for (i = 1; i < axes - 1; ++i) panel = panel (panel == "" ? "" : ", ") title[i] " " $i
    row = axes > 1 ? $(axes - 1) : ""
    key = panel SUBSEP row SUBSEP $axes
    if (!(panel in panel_known)) { panel_known[panel] = 1; panel_name[++panels] = panel }
    if (!(row in row_known)) { row_known[row] = 1; row_name[++rows] = row }
    if (!($axes in across_known)) { across_known[$axes] = 1; across_name[++across] = $axes }
    value = $column[metric]
    if (value == "") next
    if ($column["strategy"] == of) mine[key] = value
    for (i = 1; i <= others; ++i)
        if ($column["strategy"] == other[i] && (!(key in best) || value < best[key])) best[key] = value
}
END {
    for (p = 1; p <= panels; ++p) {
        if (panel_name[p] != "") print panel_name[p] ":\n"
        line = "| " (axes > 1 ? title[axes - 1] " \\ " : "") title[axes] " |"
        rule = "|---:|"
        for (a = 1; a <= across; ++a) { line = line " " across_name[a] " |"; rule = rule "---:|" }
        print line
        print rule
        for (r = 1; r <= rows; ++r) {
            line = "| " row_name[r] " |"
            for (a = 1; a <= across; ++a) {
                key = panel_name[p] SUBSEP row_name[r] SUBSEP across_name[a]
                text = ""
                if ((key in mine) && (key in best) && best[key] > 0)
                    text = sprintf("%.1f", 100 * (1 - mine[key] / best[key]))
                line = line " " text " |"
            }
            print line
        }
        print ""
    }
}
