convoy-report --explain cluster.yaml -f svg
