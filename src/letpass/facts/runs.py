"""Runs of suites and scanners as they can be used, where something of them was not read or not looked at."""

from __future__ import annotations

from letpass.facts.record import AtLeast, Element


def without_silent(lists: dict[str, tuple[Element, ...]]) -> tuple[str, ...]:
    """Take the scans that say nothing out of a record's lists; what was passed over, in words."""
    pieces = lists.get("scans", ())
    silent = [p for p in pieces if says_nothing(p)]
    if not silent:
        return ()
    lists["scans"] = tuple(p for p in pieces if not says_nothing(p))
    return tuple(f"scan at {p['@']}: {not_whole(p)}" for p in silent)


def usable(suite: Element) -> Element:
    """A suite as rules may use it: one of which something could not be read has not passed, whatever it says."""
    if not _unread(suite) or suite.get("passed") is not True:
        return suite
    return {k: v for k, v in suite.items() if k not in {"passed", "score"}}


def looked(scan: Element) -> Element:
    """A scan as it can be used: one that was not whole for what it has found, and where it found nothing for nothing."""
    scanned = scan.get("scanned")
    if "@unreadable" in scan:
        return scan
    if _is_part(scan):
        why = not_whole(scan)
    elif scanned is None or scanned < 1:
        why = "it looked at nothing" if scanned == 0 else "how much it looked at is not recorded"
    else:
        return scan
    found = scan.get("findings")
    return {**scan, "@partial": why, "findings": AtLeast.of(found, why)} if found else {**scan, "@unreadable": why}


def says_nothing(scan: Element) -> bool:
    """Is a scan neither whole nor did it find anything."""
    return _is_part(scan) and not scan.get("findings")


def _is_part(scan: Element) -> bool:
    """Did a scan not come to its end, or not look at everything."""
    return scan.get("completed") is False or _unread(scan)


def _unread(run: Element) -> bool:
    """Does a run say that something could not be read, be it in words that cannot be read themselves."""
    return bool(run.get("unread")) or ("@bad" in run and "unread" in run["@bad"])


def not_whole(scan: Element) -> str:
    """Why a scan is not whole, in its own words where it has some."""
    said = scan.get("unread")
    return "did not run to its end" + (f" or look at everything: {said}" if said else "")
