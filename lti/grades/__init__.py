"""Grades: rules, scores, their outbox, and the platform's grade service."""
