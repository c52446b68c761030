convoy-predict fit a.profile.yaml -f csv
