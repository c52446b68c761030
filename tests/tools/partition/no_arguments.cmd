convoy-partition
