head -c 104857600 /dev/zero > large.latency.yaml
convoy-predict eval large.latency.yaml held-out.profile.yaml
