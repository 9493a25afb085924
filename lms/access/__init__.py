"""Access: who may watch, read or attend what, decided in one place."""
