convoy-zoo lenet5 | convoy-partition - -c alone.yaml --compare -f csv
