convoy-compress-split
