convoy-profile
