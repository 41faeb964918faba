"""Typed policies over an input: the reference interpreter, the compiled form, the decision."""
