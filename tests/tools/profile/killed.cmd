convoy-zoo lenet5 -o m.onnx 2> zoo.log
convoy-profile m.onnx --load 0.9 --budget 25s --stable 0.01% --max-runs 1000000 -q -o p.yaml & profile=$!
until [ "$(ls /proc/$profile/task | wc -l)" -gt 1 ] || ! kill -0 $profile; do :; done  # the load is made by threads
cat /proc/$profile/task/*/children; kill -9 $profile; { wait $profile; } 2>wait.log; echo $?; ls -d /proc/$profile p.yaml 2>/dev/null
