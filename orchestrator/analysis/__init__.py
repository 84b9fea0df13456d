"""What the files of a machine say of password reset on it: cases."""
