testbed-plan devices lab.yaml --profile vgg16.profile.yaml
