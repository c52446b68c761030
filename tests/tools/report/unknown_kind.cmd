echo 'schema: convoy.preprocess/1' > other.yaml; convoy-report other.yaml
