convoy-predict fit a.profile.yaml -f json -o a.json && convoy-predict eval a.json held-out.profile.yaml
