"""Pages for connecting an LMS."""
