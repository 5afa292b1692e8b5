"""What must hold? One promise a file; the file's name is the flag and the label in reports.

`replies/` holds what is true of every single reply, whoever asked for it. The other folders hold
checks that make calls of their own.
"""
