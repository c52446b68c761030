convoy-profile --help >/dev/full
