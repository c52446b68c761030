sh images.sh 12; printf "file,label\n0.pgm,1\n" > labels.csv; convoy-zoo lenet5 | convoy-compress-split - -c cluster.yaml --calibration images --preprocess gray.preprocess.yaml --labels labels.csv
