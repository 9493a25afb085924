"""Commands for operators: set up, serve, check, back up, move, and export an installation."""
