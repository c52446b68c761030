convoy-zoo lenet5 | convoy-partition - -c cluster.yaml -s rows --compare --what-if speed.b=2
