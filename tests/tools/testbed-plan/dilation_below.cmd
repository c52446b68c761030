testbed-plan cluster lab.yaml --dilation 0.5
