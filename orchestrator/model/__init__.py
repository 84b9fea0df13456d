"""Value objects and errors that every room shares."""
