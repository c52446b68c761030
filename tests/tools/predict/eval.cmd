convoy-predict fit a.profile.yaml -o a.latency.yaml && convoy-predict eval a.latency.yaml held-out.profile.yaml -f yaml
