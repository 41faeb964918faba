"""Statements about a model's versions for people: objections, what took them back, revocations, and reviews that were denied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from letpass.diagnostics import InvalidError

if TYPE_CHECKING:
    from letpass.ledger.entry import Logged
    from letpass.ledger.model_log import Past
    from letpass.move import Stage, Target


def lines(past: Past, stage: Stage | None) -> Iterator[str]:
    """A line for each word, in the order of the ledger.  `stage`: only those that concern moves to it."""
    from letpass.facts.values import moment
    from letpass.ledger.in_effect import AGAINST
    from letpass.move import REVIEW

    named = dict(_named(past))
    denied = {index for index, made in past.decisions.items() if made.move == REVIEW and made.verdict == "deny"}
    for logged in past.own:
        entry = logged.entry
        at = f"{entry.model}@{entry.version}  {moment(logged.at)}"
        if logged.index in denied and stage is None:
            yield f"{'denied':12} {at}  on review (entry {logged.index})"
        elif entry.kind in AGAINST and (found := _said(logged)) is not None:
            against, said = found
            if stage is not None and against is not None and against.stage and against.stage != stage:
                continue
            what = f"against {against}" if against is not None else _of(said, named)
            role = f" as {said['role']}" if said.get("role") else ""
            who = f"{said['who']}{role}"
            reason = f": {said['reason']}" if said.get("reason") else ""
            yield f"{entry.kind:12} {at}  {what + ' ' if what else ''}by {who}{reason} (entry {logged.index})"


def _named(past: Past) -> Iterator[tuple[str, int]]:
    """The entries by the digests that withdrawals and lifts name."""
    from letpass.canonical import digest_bytes
    from letpass.trust import statements

    for logged in past.own:
        if not logged.entry.statement:
            yield digest_bytes(logged.text.encode("utf-8")), logged.index
            continue
        try:
            yield statements.read("", logged.entry.statement.encode("utf-8")).digest, logged.index
        except InvalidError:
            continue


def _said(logged: Logged) -> tuple[Target | None, Mapping[str, Any]] | None:
    """One statement in words: what it is against, who said it and why; None for one that does not read."""
    from letpass.move import Target
    from letpass.trust import statements

    entry = logged.entry
    if not entry.statement:
        data = {**entry.data, "who": entry.data.get("person", "nobody who was named")}
        return (Target() if entry.kind == "revocation" else None), data
    try:
        said = statements.read("", entry.statement.encode("utf-8")).predicate
    except InvalidError:
        return None
    against = Target.of(said["against"]) if "against" in said else Target() if entry.kind == "revocation" else None
    return against, {**said, "who": said.get("signer", "")}


def _of(said: Mapping[str, Any], named: Mapping[str, int]) -> str:
    """What a statement takes back, as the numbers of its entries in words."""
    of = said.get("of", [])
    entries = [named[d] for d in (of if isinstance(of, list) else [of]) if d in named]
    return "of " + ", ".join(f"entry {n}" for n in entries) if entries else ""
