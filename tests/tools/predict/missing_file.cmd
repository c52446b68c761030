convoy-predict fit nowhere.yaml
