convoy-zoo lenet5 | convoy-partition - -c cluster.yaml -s local,rows --sweep rate=1,100,1000 -f svg
