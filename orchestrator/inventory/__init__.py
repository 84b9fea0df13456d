"""Which hosts there are, how they are reached and with whose credentials: from YAML files."""
