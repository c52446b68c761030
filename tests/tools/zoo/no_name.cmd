convoy-zoo
