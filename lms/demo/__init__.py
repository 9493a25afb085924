"""The demo: an invented training house, told in texts and small files, and made into a library."""
