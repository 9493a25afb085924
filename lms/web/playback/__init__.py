"""Pages of playback: the player, heartbeats, notes, transcripts, and posters."""
