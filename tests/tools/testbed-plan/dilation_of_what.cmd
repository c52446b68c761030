testbed-plan cluster lab.yaml --dilation auto
