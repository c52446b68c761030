convoy-predict fit --features fcpm a.profile.yaml | grep -E "feature|algorithm"
