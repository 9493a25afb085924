"""ID mappings: maps the users of an old LMS to those of a new one."""
