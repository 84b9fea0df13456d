"""TLS of a machine: its Schannel, and the certificates of the lab."""
