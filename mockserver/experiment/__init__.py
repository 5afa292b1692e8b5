"""Pure: what a published experiment takes, computes and returns. No HTTP, no clock, no disk."""
