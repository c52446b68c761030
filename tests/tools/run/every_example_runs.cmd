cases=$(dirname "$0")
for plan in "$cases"/../../../examples/plans/*.yaml; do
    name=$(basename "$plan" .yaml)
    [ -f "$cases/plan_$name.cmd" ] || echo "no case runs $name.yaml"
    grep -q "^@FILE examples/plans/$name.yaml@$" "$cases/../../../docs/formats/plan.md" || echo "$name.yaml is not explained"
done
