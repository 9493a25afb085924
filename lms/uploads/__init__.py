"""Uploads: files that arrive in chunks and become recordings or handouts."""
