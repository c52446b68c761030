convoy-predict eval a.profile.yaml held-out.profile.yaml
