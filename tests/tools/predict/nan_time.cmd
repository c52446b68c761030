sed "s/median_ms: 0.7/median_ms: .nan/" a.profile.yaml | convoy-predict fit -
