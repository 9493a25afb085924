"""Mail: the outbox, delivery, bounces, links, and tokens sent by email."""
