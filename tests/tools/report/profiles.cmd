convoy-report a.profile.yaml link.profile.yaml
