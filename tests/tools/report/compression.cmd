convoy-report digits.compression.yaml
