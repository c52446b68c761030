testbed-plan devices lab.yaml --gflop-per-s 40 --profile vgg16.profile.yaml
