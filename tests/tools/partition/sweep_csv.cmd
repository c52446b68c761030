convoy-zoo lenet5 | convoy-partition - -c cluster.yaml -s rows,oc --sweep faster.b=0.5,2 -f csv
