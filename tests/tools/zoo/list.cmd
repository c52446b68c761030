convoy-zoo --list
