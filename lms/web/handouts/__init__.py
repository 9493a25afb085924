"""Pages of handouts: previews and downloads."""
