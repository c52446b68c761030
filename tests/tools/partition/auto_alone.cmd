convoy-zoo lenet5 | convoy-partition - -c cluster.yaml -s auto --no-seeds --min-devices 2 -q -o plan.yaml && grep -E 'strategy|layers|shares|"on"' plan.yaml
