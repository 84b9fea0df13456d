"""Engines: they run every host's steps in order, so many hosts at once, and know nothing of Windows."""
