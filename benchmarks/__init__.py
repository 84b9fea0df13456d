"""What the program costs, measured against other ways to the same end, in one run on one machine."""
