convoy-zoo lenet5 | convoy-partition - -c cluster.yaml -s auto -v -o /dev/null
