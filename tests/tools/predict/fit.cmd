convoy-predict fit a.profile.yaml
