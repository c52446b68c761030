# run_example.sh CASE: tests/tools/run/plan_<name>.cmd runs examples/plans/<name>.yaml, with the model that its first
# line names, on spawned workers; prints what crossed each link in two frames, counted at the sockets, and the comparison
# with the unsplit model.
name=$(basename "$1" .cmd)
plan=$(dirname "$1")/../../../examples/plans/${name#plan_}.yaml
convoy-zoo "$(sed -n '1s/^# Model: //p' "$plan")" -o m.onnx 2> zoo.log
convoy-run -p "$plan" -m m.onnx -i random:7 --repeat 2 --spawn --verify -f yaml > summary.yaml
status=$?
sed -n '/^links:/,/^verify:/p; /^  bound:/p; /^  frames:/p; /^  mismatches:/p' summary.yaml
exit $status
