"""Steps, one a file: its parameters, its work, and the declaration from which all else that knows of it is derived."""
