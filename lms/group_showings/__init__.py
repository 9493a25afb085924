"""Group showings: who can host one, who attended, and their slides."""
