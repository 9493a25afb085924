"""ID mappings: people of an old LMS become those of the new one."""
