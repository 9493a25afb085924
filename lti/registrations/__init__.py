"""Registrations: platforms, their deployments, invites, and setup guides."""
