"""Carriers of commands and bytes between us and a host."""
