convoy-compress-split - -c - --calibration images
