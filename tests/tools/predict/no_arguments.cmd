convoy-predict
