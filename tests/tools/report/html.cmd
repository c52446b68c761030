convoy-report rows.trace.yaml vgg16.comparison.yaml -f html
