"""What the files of a machine say of password reset on it: findings, events and logs put together to a case.

Offline, and pure but for the files that are read: nothing of it asks a host.
"""
