"""Pages: one package for each noun."""
