"""Requests: what customers ask of staff, with files, answers and due times."""
