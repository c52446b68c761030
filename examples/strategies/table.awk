# table.csv -> what auto comes to against the named strategies, one device and the bound. Fails when it is slower than
# one of them somewhere.
BEGIN { FS = ","; slack = 1e-6 }
function ms(value) { return sprintf(value < 10 ? "%.3f" : value < 1000 ? "%.1f" : "%.0f", value) }
function ratio(a, b) { return b > 0 ? a / b : 1 }
function is_auto(name) { return name == "auto" || name ~ /^auto:/ }
FNR == 1 { for (i = 1; i <= NF; ++i) column[$i] = i; next }
{
    cell = $1 "," $2 "," $3
    if (!(cell in number)) { number[cell] = ++cells; name[cells] = cell }
    c = number[cell]
    if ($4 == "auto") { auto[c] = $5; device[c] = $5 / $column["to_best_device"]; bound[c] = $5 / $column["to_bound"] }
    else if (is_auto($4)) alone[c] = $5
    else {
        if (!($4 in known)) { known[$4] = ++named; strategy[named] = $4 }
        latency[c, $4] = $5
        if (!(c in best) || $5 < best[c] * (1 - slack)) { best[c] = $5; whose[c] = $4 }
    }
}

# Ratios of the cells of one cluster, or of all: the worst, and the geometric mean.
function start_group() {
    group_cells = worst_auto = sum_auto = worst_alone = sum_alone = alone_cells = sum_bound = beyond = 0
}
function add_to_group(c,   r) {
    ++group_cells
    r = ratio(auto[c], best[c]); sum_auto += log(r); if (r > worst_auto) worst_auto = r
    sum_bound += log(ratio(auto[c], bound[c]))
    if (c in alone) {
        r = ratio(alone[c], best[c]); ++alone_cells; sum_alone += log(r); if (r > worst_alone) worst_alone = r
        if (r > 1.02) ++beyond
    }
}
function print_group(title,   text) {
    text = " | | "
    if (alone_cells) text = sprintf("%.3f | %.3f | %d", worst_alone, exp(sum_alone / alone_cells), beyond)
    printf "| %s | %d | %.3f | %.3f | %s | %.2f |\n", title, group_cells, worst_auto, exp(sum_auto / group_cells), \
        text, exp(sum_bound / group_cells)
}

END {
    for (c = 1; c <= cells; ++c) {
        problem = ""
        if (!(c in auto) || !(c in best)) problem = "no plan of auto, or of no other one"
        else if (auto[c] > best[c] * (1 + slack)) problem = "auto is slower than " whose[c]
        if (problem != "") { print "strategies: " problem ": " name[c] > "/dev/stderr"; failed = 1 }
    }
    if (failed || cells == 0) exit 1

    print "Predicted latency of `auto` over that of the best named strategy; `alone` is its own search without their"
    print "plans.\n"
    print "| cluster | cells | auto: worst | mean | alone: worst | mean | above 1.02 | auto over bound, mean |"
    print "|---|---:|---:|---:|---:|---:|---:|---:|"
    for (c = 1; c <= cells; ++c) {
        split(name[c], part, ",")
        if (!(part[2] in seen)) { seen[part[2]] = 1; cluster[++clusters] = part[2] }
    }
    for (k = 1; k <= clusters; ++k) {
        start_group()
        for (c = 1; c <= cells; ++c) { split(name[c], part, ","); if (part[2] == cluster[k]) add_to_group(c) }
        print_group(cluster[k])
    }
    start_group()
    for (c = 1; c <= cells; ++c) add_to_group(c)
    print_group("all")

    print "\nIn how many cells a named strategy is the fastest one (ties count for each) and has a plan, and its"
    print "latency over that of `auto`.\n"
    print "| strategy | fastest | plans | mean over auto | worst |"
    print "|---|---:|---:|---:|---:|"
    for (s = 1; s <= named; ++s) {
        fastest = plans = sum = worst = 0
        for (c = 1; c <= cells; ++c) {
            if (!((c, strategy[s]) in latency)) continue
            value = latency[c, strategy[s]]
            ++plans; if (value <= best[c] * (1 + slack)) ++fastest
            r = ratio(value, auto[c]); sum += log(r); if (r > worst) worst = r
        }
        printf "| %s | %d | %d | %.2f | %.2f |\n", strategy[s], fastest, plans, exp(sum / plans), worst
    }

    print "\nEach cell, latencies in ms.\n"
    print "| model | cluster | start-up | one device | best named | | auto | auto / best named | alone / best named" \
        " | auto / bound |"
    print "|---|---|---:|---:|---:|---|---:|---:|---:|---:|"
    for (c = 1; c <= cells; ++c) {
        split(name[c], part, ",")
        text = c in alone ? sprintf("%.3f", ratio(alone[c], best[c])) : ""
        printf "| %s | %s | %s | %s | %s | %s | %s | %.3f | %s | %.2f |\n", part[1], part[2], part[3], ms(device[c]), \
            ms(best[c]), whose[c], ms(auto[c]), ratio(auto[c], best[c]), text, ratio(auto[c], bound[c])
    }
}
