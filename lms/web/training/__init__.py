"""Pages of training: own, and for managers."""
