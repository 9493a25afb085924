"""Jobs: the queue of background work, the leases of workers, and running one job."""
