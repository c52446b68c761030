# A model that is too large for every device alone: still compared, explained and swept.
convoy-zoo lenet5 -o m.onnx 2> zoo.log
convoy-partition m.onnx -c cluster.yaml -s local,oc,iop --memory-limit 2.3MB --compare
convoy-partition m.onnx -c cluster.yaml -s local,oc,iop --memory-limit 2.3MB --compare -f yaml -o c.yaml
grep -c best_device c.yaml; convoy-report c.yaml | grep '^ *best device'
convoy-partition m.onnx -c cluster.yaml -s oc --memory-limit 2.3MB --explain | grep 'one device '
convoy-partition m.onnx -c cluster.yaml -s local,oc --sweep memory=2.2MB,2.3MB,3MB | tail -n +5
