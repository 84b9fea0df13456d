"""A run: hosts and a plan, taken through an engine to one result a host."""
