echo "schema: convoy.plan/1" > c.yaml; convoy-partition lenet5.onnx -c c.yaml -s rows
