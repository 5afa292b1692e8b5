"""RRS and BES over HTTP: the services surface."""
