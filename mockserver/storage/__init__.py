"""The blobs that a job reads and writes: which they are, and how they are opened."""
