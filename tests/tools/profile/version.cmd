convoy-profile --version
