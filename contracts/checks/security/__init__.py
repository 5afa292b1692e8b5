"""Who may call, and what a refusal may tell."""
