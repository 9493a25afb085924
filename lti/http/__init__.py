"""HTTP calls to platforms: guarded connections, access tokens, and paging."""
