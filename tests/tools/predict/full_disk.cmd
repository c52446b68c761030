convoy-predict fit a.profile.yaml -o /dev/full
