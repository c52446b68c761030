testbed-plan cluster lab.yaml --dilation auto --gflop-per-s 1000
