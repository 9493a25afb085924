"""Group showings: who may host one, who attended, and their slides."""
