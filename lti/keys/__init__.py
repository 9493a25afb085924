"""Keys: our signing keys and the platforms' public keys."""
