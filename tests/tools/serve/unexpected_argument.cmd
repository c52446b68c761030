convoy-serve here
