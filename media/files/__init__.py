"""Files: their types, and running programs on them under limits."""
