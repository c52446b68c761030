sed "s/median_ms: /median_ms: -/" a.profile.yaml | convoy-predict fit -
