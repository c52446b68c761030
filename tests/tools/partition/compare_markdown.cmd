convoy-zoo lenet5 | convoy-partition - -c cluster.yaml --compare -s local,rows -f md --what-if rate=5
