"""What came home from a host: opened, kept as evidence, and made readable for the people who support it.

Pure coordinator side: bytes in, files and answers out. Everything that is read here was written on a host and is
untrusted; `unpacking.unpack` is the way in for steps.
"""
