"""The commands that are built into cmd.exe: how a word names one (names), and what each does (table and the others)."""
