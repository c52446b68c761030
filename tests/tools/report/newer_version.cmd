sed 's,convoy.trace/1,convoy.trace/9,' rows.trace.yaml > newer.yaml; convoy-report newer.yaml
