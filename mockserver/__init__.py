"""mockserver: Azure ML Studio (classic) web services, offline."""

__version__ = "0.1.0"
