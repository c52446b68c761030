convoy-profile --sweep --sweep-layers 1 --seed 3 --max-runs 1 --budget 20s -q -o p.yaml
grep -o 'op: sweep/conv[^,]*/0, kind: [a-z]*' p.yaml | sort -u; grep -A2 '^sweep' p.yaml; grep -c '^missing' p.yaml
convoy-predict fit p.yaml -q -o l.yaml; convoy-report p.yaml | grep -o '1 synthetic layers.*'
