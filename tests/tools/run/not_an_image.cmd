convoy-zoo lenet5 -o m.onnx 2> zoo.log
printf 'schema: convoy.preprocess/1\nsize: [32, 32]\nchannels: gray\n' > pre.yaml
echo 'not a PNG' > broken.png; convoy-run --local -m m.onnx -i broken.png --preprocess pre.yaml
