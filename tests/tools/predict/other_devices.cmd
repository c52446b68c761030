sed "s/Some CPU/Other CPU/" a.profile.yaml > b.profile.yaml
convoy-predict fit a.profile.yaml b.profile.yaml
