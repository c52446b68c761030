convoy-zoo lenet5 | convoy-partition - -c cluster.yaml -s rows --compare --what-if rate=5,start_up=1ms --what-if devices=2
