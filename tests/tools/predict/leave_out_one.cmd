convoy-predict eval --leave-one-model-out a.profile.yaml
