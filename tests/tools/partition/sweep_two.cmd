convoy-zoo lenet5 | convoy-partition - -c cluster.yaml -s local,rows,iop --sweep devices=2,4 --sweep start-up=0.01ms,10ms --metric to_best_device -f md
