"""Decisions as people and programs read them: one file per format.  A report never changes a verdict."""
