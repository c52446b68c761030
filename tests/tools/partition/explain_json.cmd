convoy-zoo lenet5 | convoy-partition - -c cluster.yaml -s oc --explain -f json
