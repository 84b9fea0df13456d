"""The way to hosts through SSH servers, which forward TCP connections for us."""
