convoy-run -i random:1
