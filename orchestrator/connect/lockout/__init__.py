"""The lockout guard: no account is refused so often, by whichever hosts and runs, that its domain locks it."""
