"""Media: files and their delivery, without web framework, database or people."""
