convoy-zoo lenet5 | convoy-partition - -c cluster.yaml -s rows --min-devices 3 -q -o plan.yaml && grep shares plan.yaml
