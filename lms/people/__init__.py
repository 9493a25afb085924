"""People: one login as staff see it, merging, blocking, erasing, and why a person has no access."""
