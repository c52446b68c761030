# cells.awk -v bytes=B FOLDER/eE-uU-dD/planned.csv [.../measured.csv] ...: a table of cells in Markdown, from the tables
# of convoy-compress-split, and from measurements (method,ms, and the bed's dilation) where there are some. B: bytes of an
# input as float32.
# JPEG uploads are shown, but not counted among the others: what they cost in accuracy and in coding is not known.
BEGIN { FS = "," }

FNR == 1 {
    n = split(FILENAME, path, "/")
    cell = path[n - 1]
    if (!(cell in seen)) { seen[cell] = 1; order[++cells] = cell }
    delete column
    for (i = 1; i <= NF; i++) column[$i] = i
    is_measured = "measured_ms" in column
    next
}
is_measured && $1 == "dilation" { dilation[cell] = $(column["measured_ms"]); next }
is_measured { measured[cell, $1] = $(column["measured_ms"]); any_measured = 1; next }
$(column["latency_ms"]) == "" { next }
{
    predicted[cell, $1] = $(column["latency_ms"])
    where[cell, $1] = $(column["cut"]) ($(column["codec"]) == "" ? "" : ", " $(column["codec"]))
    accuracy[cell, $1] = $(column["accuracy"])
    if ($1 == "cloud-only") {
        predicted[cell, "cloud-only float32"] = $(column["float32_upload_ms"])
        predicted[cell, "cloud-only JPEG"] = $(column["jpeg_upload_ms"])
    }
}

function least(of, cell, names,    i, n, name, best) {
    n = split(names, name, ";")
    best_name = ""
    for (i = 1; i <= n; i++) {
        if (!((cell, name[i]) in of) || of[cell, name[i]] == "") continue
        if (best_name == "" || of[cell, name[i]] < best) { best = of[cell, name[i]]; best_name = name[i] }
    }
    return best
}
function jpeg(of, cell) {
    return (cell, "cloud-only JPEG") in of ? sprintf("%.1f", of[cell, "cloud-only JPEG"]) : ""
}
function percent(part) { return sprintf("%.0f %%", 100 * part) }

function table(of, title,    i, cell, value, three, ours, best, premise, gain, ahead) {
    paper = "edge-only;cloud-only float32;neurosurgeon"
    all = paper ";cloud-only;compressed edge-only;compressed cloud-only;compress-then-split"
    printf "%s, in ms of one image:\n\n", title
    print "| edge GFLOP/s | uplink Mbit/s | delay ms | premise | edge-only | cloud-only float32 | neurosurgeon " \
        "| cloud-only JPEG | best of all others | ours | its cut | less than the three | less than the best | accuracy |"
    print "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
    in_premise = kept = worse = far = 0
    for (i = 1; i <= cells; i++) {
        cell = order[i]
        split(cell, value, "-")
        sub(/^./, "", value[1]); sub(/^./, "", value[2]); sub(/^./, "", value[3])
        premise = value[1] <= bytes / 400000 && 8 * bytes / (1e6 * value[2]) >= 0.1
        ours = of[cell, "ours"]
        three = least(of, cell, paper)
        best = least(of, cell, all)
        gain = 1 - ours / three
        ahead = 1 - ours / best
        in_premise += premise; kept += premise && gain >= 0.7; worse += ahead < -0.03; far += ahead >= 0.3
        printf "| %s | %s | %s | %s | %.1f | %.1f | %.1f | %s | %.1f (%s) | %.1f | %s | %s | %s | %s |\n", value[1], value[2],
            value[3], premise ? "holds" : "", of[cell, "edge-only"], of[cell, "cloud-only float32"],
            of[cell, "neurosurgeon"], jpeg(of, cell), best, best_name, ours, where[cell, "ours"], percent(gain), percent(ahead),
            sprintf("%.1f %%", 100 * accuracy[cell, "ours"])
    }
    printf "\nThe premise holds in %d of %d cells; in %d of these `ours` takes at least 70 %% less than the three. Worse than " \
        "the best of all others by more than 3 %%: %d cells; better by at least 30 %%: %d.\n\n", in_premise, cells, kept, \
        worse, far
}

END {
    for (key in predicted) {
        split(key, part, SUBSEP)
        if (part[1] in dilation && predicted[key] != "") predicted[key] /= dilation[part[1]]
    }
    if (any_measured) table(measured, "Measured")
    table(predicted, "Predicted")
}
