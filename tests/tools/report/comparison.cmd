convoy-report vgg16.comparison.yaml
