"""The player in a frame: watching, handouts, and transcripts."""
