"""Pages of completions."""
