testbed-plan cluster lab.yaml --dilation 2.5
