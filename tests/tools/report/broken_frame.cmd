sed '/part: frame/,$s/piece: 0, activity: compute/piece: -3, activity: compute/' rows.trace.yaml > broken.yaml
convoy-report broken.yaml -o report.txt
status=$?
test ! -e report.txt && exit $status
