"""Public pages: home, catalog, search, presenters, series, feeds, and My webinars."""
