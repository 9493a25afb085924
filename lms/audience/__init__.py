"""Audience: who is involved with a webinar, in which roles, and what they hear about each event."""
