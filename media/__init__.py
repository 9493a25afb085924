"""Files, moving pictures and their delivery: no web framework, no database, no people."""
