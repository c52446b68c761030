convoy-serve --listen nonsense
