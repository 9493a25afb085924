"""The library: catalog, access, seats, playback, sales, and their pages, jobs and commands."""
