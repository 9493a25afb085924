"""Audience: who is concerned by a webinar, in which roles, and what each event tells them."""
