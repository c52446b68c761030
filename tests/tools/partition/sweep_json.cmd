convoy-zoo lenet5 | convoy-partition - -c cluster.yaml -s rows --sweep medium=shared,switched -f json
