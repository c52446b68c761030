grep -v 'threads: 1,' vgg16.profile.yaml | testbed-plan devices lab.yaml --profile -
