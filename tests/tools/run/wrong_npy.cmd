convoy-zoo lenet5 -o m.onnx 2> zoo.log
echo 'not numpy' > x.npy; convoy-run --local -m m.onnx -i x.npy
