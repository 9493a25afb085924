"""The product without LTI: catalog, access, seats, playback, sales, pages, jobs and commands."""
