"""The operators of comparisons: which have a direction, and what each is turned round, or negated."""

from __future__ import annotations

ORDERED = frozenset({">=", "<=", ">", "<"})
UPWARD = frozenset({">=", ">"})
"""Those that want the left side to be large."""
MIRRORED = {">=": "<=", "<=": ">=", ">": "<", "<": ">", "==": "==", "!=": "!="}
"""The same comparison with its sides exchanged."""
OPPOSITE = {">=": "<", "<": ">=", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}
"""The comparison that holds just where this one does not."""
