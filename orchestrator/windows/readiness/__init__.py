"""Preflight: everything that is asked of a host before it is touched, and what it means for password reset."""
