"""What does the gateway change? The same calls to two sides, and each difference explained.

*Candidate*: through the gateway. *Primary*, *secondary*: straight to the backend, twice; what
differs between these two is *noise*.
"""
