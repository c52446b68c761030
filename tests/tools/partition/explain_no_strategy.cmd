convoy-zoo lenet5 | convoy-partition - -c cluster.yaml --explain
