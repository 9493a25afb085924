"""Staff pages of recordings: files, uploads, captions, slides, and posters."""
