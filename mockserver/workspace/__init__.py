"""Which workspaces, web services, endpoints and keys exist, and where is that declared?"""
