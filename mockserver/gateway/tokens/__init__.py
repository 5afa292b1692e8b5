"""JSON web tokens: their signatures, their claims, the providers of their keys."""
