sed 's/links:/links:\n  medium: shared/' lab.yaml | testbed-plan bed -
