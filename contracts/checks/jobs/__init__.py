"""What BES promises: the life of a job, and its blobs."""
