grep -v "op:" a.profile.yaml | sed "s/^layers:/layers: []/" | convoy-predict fit - -o a.latency.yaml
status=$?
test ! -e a.latency.yaml && exit $status
