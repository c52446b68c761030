convoy-zoo lenet5 | convoy-partition - -c cluster.yaml -s rows --explain -f svg
