"""What is to be done on a host, step by step: from YAML files to a typed plan."""
