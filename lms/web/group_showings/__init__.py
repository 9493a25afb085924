"""Pages of group viewings: for the host, for people in the room, and for managers."""
