"""The pages of the tool: for platforms, inside their frames, and for who connects them."""
