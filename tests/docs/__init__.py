"""The documentation, run and compared with what it speaks of."""
