testbed-plan cluster lab.yaml --address b=tcp://10.77.0.2:5555 --address c=tcp://10.77.0.3:5555
