"""Pages of group showings: for the host and for people in the room."""
