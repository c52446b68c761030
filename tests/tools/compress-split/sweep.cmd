sh images.sh 20
convoy-zoo lenet5 > lenet5.onnx
convoy-compress-split lenet5.onnx -c cluster.yaml --calibration images --preprocess gray.preprocess.yaml --max-drop 60% --margin 0 --threads 1 --sweep-uplink 0.5,18.88 -f csv --table table.csv --write-rows rows || exit
cut -d, -f1,2 table.csv
ls rows rows/uplink-0.5
convoy-run -p rows/uplink-0.5/ours.plan.yaml -i images/0.pgm --preprocess gray.preprocess.yaml --spawn -q -o /dev/null && echo runs
