"""Storage: a local directory or an S3 bucket, and resumable uploads into it."""
