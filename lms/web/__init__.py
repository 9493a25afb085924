"""The pages of the library: one package for each noun."""
