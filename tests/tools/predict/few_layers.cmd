convoy-predict fit -a boosted_trees a.profile.yaml | grep -E "algorithm|type"
