"""What RRS promises: rows in, scored rows out."""
