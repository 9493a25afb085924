"""The first page of a framed session."""
