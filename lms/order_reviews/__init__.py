"""Order reviews: what customers ordered by themselves, for our team and managers to decide about."""
