"""Certificates: who has earned one, issuing and revoking them, and Open Badges."""
