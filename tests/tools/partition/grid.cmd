convoy-zoo lenet5 | convoy-partition - -c cluster.yaml -s grid -q -o plan.yaml && grep -E 'strategy|layers|shares|"on"' plan.yaml
