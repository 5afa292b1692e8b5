"""The life of a batch job: its rules, where jobs are kept, and who runs them."""
