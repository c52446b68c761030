grep -v max_pool a.profile.yaml | convoy-predict fit - -o a.latency.yaml && convoy-zoo lenet5 | convoy-predict show - --latency a.latency.yaml
