convoy-zoo lenet5 -o m.onnx 2> zoo.log
convoy-profile m.onnx --load 0,0.9 --budget 25s --stable 0.01% --max-runs 100000 -q -o begun.yaml & profile=$!
# Load 0 comes first; once the generator's threads are there, something was measured.
until [ "$(ls /proc/$profile/task | wc -l)" -gt 1 ] || ! kill -0 $profile; do :; done
kill -TERM $profile; wait $profile; echo $?; grep -c 'op: ' begun.yaml | sed 's/[1-9].*/some/'; grep -o '^missing' begun.yaml
convoy-profile m.onnx --load 0 --stable 50% --max-runs 6 --budget 20s --resume begun.yaml -q -o p.yaml; echo $?
convoy-predict fit p.yaml -q -o l.yaml; echo $?
convoy-profile --sweep --resume p.yaml 2>&1 | sed 's/[0-9a-f]\{64\}/HASH/'
convoy-profile m.onnx --stretch 2 --resume p.yaml
