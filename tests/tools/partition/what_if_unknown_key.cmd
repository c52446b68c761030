convoy-zoo lenet5 | convoy-partition - -c cluster.yaml --compare --what-if lod=0.5
