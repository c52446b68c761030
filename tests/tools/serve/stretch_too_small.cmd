convoy-serve --stretch 0.5
