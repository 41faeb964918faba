"""Where the program is known to differ from its documents: each is left out here exactly, until it is mended.

Whoever mends one takes its line away, and what asks for it in `model.py`.
"""

from __future__ import annotations

A_REVOCATION_COUNTS_BY_NAME_FOR_THE_CHAMPION = False
"""The champion stays although its bytes were revoked under another number, and is out where other bytes were under its own."""

LEAVING_TAKES_NOTHING_AS_DONE = False
"""What was begun, made and not ended is logged as failed where the next move is one that leaves, although it is still allowed."""

AN_OLD_WORD_COUNTS_FOR_THE_NEXT_UNGATE = False
"""What was ungated, and is gated again, is ungated by one owner: the other's word of then counts a second time."""

A_DENIED_RENEWAL_LEAVES_THE_PROOF_OF_A_ROLLBACK = False
"""A renewal is judged as a promotion, and its denial ends no proof of a rollback."""

A_FREE_STAGE_WITH_A_LOST_HOLDER_TAKES_NOBODY = False
"""A version moves to a free stage in the registry, and the command says that it cannot, where the record of one that is there is gone."""

ONLY_MOVES_KEEP_A_STAGE_GATED = False
"""What `check --log` or a renewal has decided does not keep a stage gated whose policy is gone."""

A_DELETED_CHAMPION_IN_MLFLOW_STOPS_EVERYTHING = True
"""Where a version that was in production is deleted in MLflow, every move to production ends with 4."""
