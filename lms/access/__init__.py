"""Access: decides who can watch, read or attend what, in one place."""
