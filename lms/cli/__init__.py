"""The command line: one module a noun, and the kit they share (output, console, root)."""
