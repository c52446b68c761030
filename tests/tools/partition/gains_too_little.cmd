convoy-zoo lenet5 | convoy-partition - -c cluster.yaml -s rows --require-gain 10% -o plan.yaml
status=$?
ls plan.yaml 2>/dev/null
exit $status
