convoy-zoo lenet5 | convoy-partition - -c cluster.yaml -s rows --sweep rat=1,2
