convoy-zoo lenet5 | convoy-partition - -c cluster.yaml -s local -o /dev/full
