testbed-plan cluster lab.yaml --address d=tcp://10.77.0.2:5555
