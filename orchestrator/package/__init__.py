"""MSI files on the coordinator, and what they say of themselves."""
