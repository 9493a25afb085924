"""Playback: sessions, heartbeats, progress, one stream for each login, and notes."""
