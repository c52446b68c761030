convoy-predict fit
