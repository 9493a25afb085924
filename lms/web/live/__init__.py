"""Pages of live webinars: registering, joining, rebooking, and attendance."""
