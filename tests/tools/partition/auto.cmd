convoy-zoo lenet5 | convoy-partition - -c cluster.yaml -s auto --min-devices 3 -q -o plan.yaml && grep -E 'strategy|layers|shares|"on"' plan.yaml
