"""Where the program is known to differ from its documents: each is left out here exactly, until it is mended.

Whoever mends one takes its line away, and what asks for it in `model.py`.
"""

from __future__ import annotations

UNREGISTERED_IS_HELD_ONLY_WHILE_ITS_POLICY_IS_THERE = True
"""Registration stays gated when its policy is gone, and a version that it did not allow is promoted then."""

EARLIER_SETS_GATE_NOTHING = True
"""A stage that only a set of policies named which the owners had signed before the last one is free."""

EVIDENCE_ADDED_SINCE_AN_ADOPTION_IS_A_CHANGE = True
"""The record of a version that was adopted is another one as soon as evidence is added: the champion is unknown then."""

THE_SAME_WORD_AGAIN_IS_NOT_LOGGED = True
"""Without a trust file the owners' word with the same reason is logged once: what was lifted, and is said again, is lost."""

THE_TAG_STAGE_OF_MLFLOW_IS_A_FACT = True
"""In MLflow the tag that says `archived` is part of the record, so that whoever is replaced loses proof and requests."""

A_REVOKED_COPY_THAT_WAS_CHANGED_IS_UNKNOWN = True
"""Bytes that were revoked under another number still make the champion unknown where the record that came there is another now."""
