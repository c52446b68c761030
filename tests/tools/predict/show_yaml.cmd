convoy-predict fit a.profile.yaml -o a.latency.yaml && convoy-zoo lenet5 | convoy-predict show - --latency a.latency.yaml --load 0.5 -f yaml
