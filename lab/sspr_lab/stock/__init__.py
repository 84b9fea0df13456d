"""What a machine came with: registry and files of each branch, and what traits add."""
