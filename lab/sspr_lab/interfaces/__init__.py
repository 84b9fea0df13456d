"""What the parts of a machine and the programs on it may ask of it: protocols, and the values that they speak of."""
