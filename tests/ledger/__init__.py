"""The log that cannot be rewritten, and every way to try."""
