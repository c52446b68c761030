sed 's/^model_sha256: ""/&\nlabels: {model: digits, cluster: B, repetition: "1", machine: Some CPU, commit: abc, seed: "7", command: "convoy-run -p a<b.yaml"}/' rows.trace.yaml > one.trace.yaml
sed 's/repetition: "1"/repetition: "2"/; s/p50: 24/p50: 25/' one.trace.yaml > two.trace.yaml
convoy-report --explain one.trace.yaml two.trace.yaml local.trace.json -f csv
