"""Differences between registry and ledger, counted in the background of a server: one worker compares, and all report the counts.

Nobody waits for a comparison.  One is begun when metrics are read and the last is old enough; its thread takes five
hundredths of one worker's time at most.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from letpass.diagnostics import clean, said
from letpass.enforcement import counts
from letpass.enforcement.shared import Shared
from letpass.events import watch
from letpass.lifecycle.differences import Kind

EVERY = 600.0
"""Seconds between two comparisons, at the least."""
SHARE = 20.0
"""And so many times as long as the last one took."""
LEASE = 3_600.0
"""Seconds after which a comparison is taken up by another worker, where it has not ended."""


def look(numbers: Shared, compared: Callable[[], Mapping[Kind, int]]) -> threading.Thread | None:
    """Begin a comparison where one is due and no other worker makes it; its thread, None where none was begun.

    compared: how many differences there are of each kind.  Raises OSError where the workers cannot share numbers.
    """
    with numbers.changed() as found:
        if time.time() < found[counts.DUE]:
            return None
        found[counts.DUE] = time.time() + LEASE
    thread = threading.Thread(target=_compare, args=(numbers, compared), name="letpass-drift", daemon=True)
    thread.start()
    return thread


def _compare(numbers: Shared, compared: Callable[[], Mapping[Kind, int]]) -> None:
    begun = time.monotonic()
    try:
        kinds = compared()
    except Exception as error:  # noqa: BLE001 - whatever it is, the numbers say that there is no comparison
        watch.LOGGER.warning("registry and ledger cannot be compared: %s", clean(said(error)[:500]))
        kinds = None
    took = time.monotonic() - begun
    with suppress(OSError), numbers.changed() as found:
        found[counts.DUE] = time.time() + max(EVERY, SHARE * took)
        found[counts.TOOK], found[counts.FAILED] = took, float(kinds is None)
        if kinds is not None:
            found[counts.AT] = time.time()
            found.update({counts.drift(kind): float(kinds.get(kind, 0)) for kind in Kind})
