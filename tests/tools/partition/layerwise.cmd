convoy-zoo lenet5 | convoy-partition - -c cluster.yaml -s layerwise --min-devices 2 -q -o plan.yaml && grep -E 'strategy|layers|shares|"on"' plan.yaml
