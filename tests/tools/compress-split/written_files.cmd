sh images.sh 20
convoy-zoo lenet5 > lenet5.onnx
convoy-compress-split lenet5.onnx -c cluster.yaml --calibration images --preprocess gray.preprocess.yaml --max-drop 60% --margin 0 --threads 1 --write-halves -f csv --table table.csv || exit
ls *.onnx *.yaml table.csv
cut -d, -f1 table.csv
convoy-run -p lenet5.split.plan.yaml -i images --preprocess gray.preprocess.yaml --spawn --verify -q -o /dev/null && echo verified
