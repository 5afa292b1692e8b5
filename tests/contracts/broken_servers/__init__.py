"""The bank of broken servers: each breaks one promise, and the judge must see which."""
