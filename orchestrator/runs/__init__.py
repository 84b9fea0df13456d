"""What stays of a run: its folder, its result file, and the journal of its events."""
