convoy-zoo lenet5 | convoy-partition - -c cluster.yaml --compare --sweep rate=1,2
