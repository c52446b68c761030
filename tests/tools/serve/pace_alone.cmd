convoy-serve --pace 20
