"""API Management in front of a backend: routing, keys, policies, refusals, trace and log."""
