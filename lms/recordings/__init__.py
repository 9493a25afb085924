"""Recordings: versions, encoding, captions, slides, and transcripts."""
