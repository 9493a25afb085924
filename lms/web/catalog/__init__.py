"""Pages of the catalog: a webinar for its visitors, and everything for staff."""
