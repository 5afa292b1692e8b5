"""A judge for RRS and BES: does an endpoint keep the contract? It knows its target by HTTP only."""
