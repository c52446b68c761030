convoy-zoo lenet5 -o /dev/full
