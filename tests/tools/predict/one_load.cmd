grep -v "load_offered: 0.5" a.profile.yaml | convoy-predict fit - -o a.latency.yaml
