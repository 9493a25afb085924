"""Pages about people: profiles, grants, merging, and why a person has no access."""
