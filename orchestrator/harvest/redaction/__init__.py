"""Logs with pseudonyms in the place of persons: what a bundle may be handed on as, and a case shown as."""
