convoy-zoo lenet5 | convoy-partition - -c cluster.yaml -s auto --min-devices 2 --accuracy-budget 0.001 -q -o plan.yaml && grep -E 'strategy|wire' plan.yaml
