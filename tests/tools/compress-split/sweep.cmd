sh images.sh 20
convoy-zoo lenet5 > lenet5.onnx
convoy-compress-split lenet5.onnx -c cluster.yaml --calibration images --preprocess gray.preprocess.yaml --max-drop 60% --margin 0 --threads 1 --sweep-uplink 0.5,18.88 -f csv --table table.csv --write-rows rows || exit
cut -d, -f1,2 table.csv
ls rows rows/uplink-0.5
convoy-compress-split lenet5.onnx -c cluster.yaml -c near.yaml --calibration images --preprocess gray.preprocess.yaml --max-drop 60% --margin 0 --threads 1 --sweep-uplink 18.88 -f csv --table clusters.csv --write-rows clusters -o two.onnx || exit
cut -d, -f1-3 clusters.csv | grep -v compressed
(cd clusters && ls -d */ */*/ */ours.onnx cluster-2/*/ours.onnx)
convoy-run -p rows/uplink-0.5/ours.plan.yaml -i images/0.pgm --preprocess gray.preprocess.yaml --spawn -q -o /dev/null && echo runs
