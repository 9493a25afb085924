"""Keys: ours, which sign messages, and those of platforms."""
