sed -e "s/small.onnx/other.onnx/; s/sha256: [^,}]*/sha256: other/" held-out.profile.yaml > b.profile.yaml
convoy-predict eval --leave-one-model-out a.profile.yaml b.profile.yaml -f csv | cut -d, -f1-4
