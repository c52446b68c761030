convoy-report resnet18.evaluation.yaml
