"""The worker: runs jobs and sends mail, and the supervisor that keeps processes running."""
