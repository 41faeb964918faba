"""Evidence in words, before it is signed or written: its values, and those of them that cannot count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from letpass.diagnostics import InvalidError, so_many

if TYPE_CHECKING:
    from letpass.facts.record import Record


_WORDS = {True: "attested", False: "recorded"}


def told(read: Record, now: int, *, attest: bool, dry_run: bool = False) -> list[str]:
    """A part of a record in lines; raises ValueError where it is empty, and for what no rule could use.

    attest: a service signs it · dry_run: as what would become of it.

    It would push good evidence aside, since of one service the newest word counts.  In a record a metric's value that
    cannot be read is only shown: there it is what is known.
    """
    from letpass.facts.values import Several, moment, written
    from letpass.trust.signers import SKEW

    lines = []
    for section, key in (("suites", "name"), ("scans", "tool")):
        for run in read.lists.get(section, ()):
            _readable(run, f"{section[:-1]} `{run[key]}`")
            if "ran_at" not in run:
                raise InvalidError(f"`{run[key]}` does not say when it ran (it has no `ran_at`); name it with --ran-at")
            if section == "scans" and "scanned" not in run:
                raise InvalidError(f"`{run[key]}` does not say how many files it looked at; name that with --scanned")
            if run["ran_at"] > now + SKEW:
                raise InvalidError(
                    f"`{run[key]}` says that it ran at {moment(run['ran_at'])}, which lies in the future"
                )
            lines.append(f"{section[:-1]} `{run[key]}` {_outcome(run)}, {moment(run['ran_at'])}")
    for (section, name), pieces in read.measures.items():
        for piece in pieces:
            what = f"{section[:-1]} `{name}`"
            if (at := piece.get("measured_at", now)) > now + SKEW:
                raise InvalidError(f"{what} says that it was measured at {moment(at)}, which lies in the future")
            lines.append(f"{what} {_value(piece, what, attest=attest)}")
    for path, bad in read.unreadable.items():
        if not isinstance(bad, Several):
            raise InvalidError(f"`{path}` is {bad.written}, {bad.why}")
        lines.append(f"`{path}` {bad.written}, which no rule can use: {bad.why}")
    lines += [f"`{path}` {written(value)}" for path, value in read.values.items()]
    lines += [f"notice {notice.get('kind')}: {notice.get('what')}" for notice in read.lists.get("notices", ())]
    lines += [
        f"`{path}`, {len(found)} of them"
        for path, found in read.lists.items()
        if path not in {"suites", "scans", "notices"}
    ]
    if not lines:
        raise InvalidError("; ".join(read.passed_over) or "there is nothing in it to attest")
    word = f"would be {_WORDS[attest]}" if dry_run else _WORDS[attest]
    return [f"{word}: {line}" for line in lines] + [f"passed over: {line}" for line in read.passed_over]


def _outcome(run: Mapping[str, Any]) -> str:
    """What a run of a suite or scanner came to, in words."""
    if "@unreadable" in run:
        return f"ran: {run['@unreadable']}"
    if "scanned" in run:
        found = f"{run['scanned']:g} looked at, {so_many(len(run.get('findings', ())), 'finding')}"
        if "@partial" in run:
            return f"ran, {found}, {run['@partial']}"
        return f"ran, {found}" + (f", left out: {run['left_out']}" if run.get("left_out") else "")
    passed = run.get("passed")
    cases = f", {run['cases']:g} cases" if "cases" in run else ""
    flaky = f", {run['flaky']:g} flaky" if run.get("flaky") else ""
    unread = f", and what it came to cannot be read: {run['unread']}" if run.get("unread") and passed is None else ""
    return ("passed" if passed is True else "failed" if passed is False else "ran") + cases + flaky + unread


def _value(piece: Mapping[str, Any], what: str, *, attest: bool) -> str:
    """A measure's value in words, and on what; raises ValueError for one that may not be attested, or says nothing."""
    from letpass.facts.values import written

    bad = piece.get("@bad", {})
    if attest or bad.keys() - {"value"}:
        _readable(piece, what)
    on = f" on `{piece['data_set']}`" if piece.get("data_set") else ""
    if "value" in bad:
        return f"{bad['value'].written}{on}, which no rule can use: {bad['value'].why}"
    if "@unreadable" in piece and not attest:
        return f"says{on} what no rule can use: {piece['@unreadable']}"
    if "value" not in piece:
        raise InvalidError(f"{what} has no value" if "@unreadable" not in piece else f"{what}: {piece['@unreadable']}")
    return written(piece["value"]) + on + _beside(piece)


def _beside(piece: Mapping[str, Any]) -> str:
    """What a measure says besides its value and its data, in words."""
    outcomes, interval, judge = (piece.get(key, {}) for key in ("outcomes", "interval", "judge"))
    said = []
    if "successes" in piece and "samples" in piece:
        said.append(f"{piece['successes']:.0f} of {piece['samples']:.0f}")
    elif "samples" in piece:
        said.append(so_many(int(piece["samples"]), "case"))
    said += [f"{so_many(int(piece['clusters']), 'cluster')}"] if "clusters" in piece else []
    said += [f"standard error {piece['standard_error']:.3g}"] if "standard_error" in piece else []
    if {"low", "high", "level"} <= interval.keys():
        said.append(f"between {interval['low']:.4g} and {interval['high']:.4g} at {interval['level'] * 100:g}%")
    said += (
        [f"the outcome of each case ({outcomes['cases'][:15]}…)"] if "cases" in outcomes and "right" in outcomes else []
    )
    said += [f"protocol {piece['protocol'][:15]}…"] if "protocol" in piece else []
    said += [so_many(int(piece["tries"]), "try", "tries")] if "tries" in piece else []
    said += [f"judged by `{judge['model']}`"] if "model" in judge else []
    said += [so_many(len(piece["slices"]), "slice")] if piece.get("slices") else []
    return "".join(f", {each}" for each in said)


def _readable(piece: Mapping[str, Any], what: str) -> None:
    """Raise ValueError for a piece of which a field cannot be read."""
    for field, bad in piece.get("@bad", {}).items():
        more = "; name it with --ran-at" if field == "ran_at" else ""
        when = "does not say when it ran: " if field == "ran_at" else ""
        raise InvalidError(f"{what} {when}`{field}` is {bad.written}, {bad.why}{more}")
