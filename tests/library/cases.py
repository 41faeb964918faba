"""Cases of a policy: records, moves and sign-offs with the verdict that they must come to."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from assay.evaluation.waivers import rule_digest
from assay.facts import document, reader, values
from assay.facts.record import Holder
from assay.language.diagnostics import Source
from assay.language.typed import Move, Policy
from assay.trust.accepted import Accepted, Signoff, Waiver

if TYPE_CHECKING:
    from pathlib import Path

    from assay.facts.document import Document
    from assay.facts.record import Record


def _readable(read: Any) -> BeforeValidator:
    """A validator that reads a scalar as records do, and refuses what they could not read."""

    def check(raw: Any) -> Any:
        found = read(raw)
        if isinstance(found, values.Unreadable):
            raise ValueError(f"{found.written} is {found.why}")
        return found

    return BeforeValidator(check)


def _move(raw: Any) -> Move:
    kind, to, stage = str(raw).partition(" to ")
    if kind not in {"registration", "promotion", "rollback", "deployment", "review"} or (
        kind in {"promotion", "rollback"}
    ) != bool(to and stage):
        raise ValueError(f"`{raw}` is no move, such as `promotion to production` or `registration`")
    return Move(kind, stage or None)


Text = Annotated[str, _readable(values.text)]
Date = Annotated[int, _readable(values.date)]
Flag = Annotated[bool, _readable(values.flag)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", arbitrary_types_allowed=True, frozen=True)


class Signature(_Strict):
    """A person's answer in one role."""

    person: Text
    role: Text
    at: Date
    reject: Flag = False


class Leave(_Strict):
    """A waiver of one rule of the policy that is judged."""

    label: Text
    person: Text
    role: Text
    at: Date
    until: Date
    reason: Text


class Derived(_Strict):
    """A record in a file, and what is other in it: paths are dotted, a list's elements by their number from 0."""

    source: Text = Field(alias="from")
    set: dict[str, Any] = {}
    remove: list[Text] = []


class Case(_Strict):
    """One case; `blocks` are all labels that block, and no other."""

    name: Text
    record: dict[str, Any]
    champion: dict[str, Any] | Literal["none"] | None = None
    move: Annotated[Move, BeforeValidator(_move)]
    at: Date
    signed: list[Signature] = []
    waivers: list[Leave] = []
    expect: Literal["allow", "deny", "undecided"]
    blocks: list[Text] = []

    def accepted(self, policy: Policy) -> Accepted:
        """The statements of the case, as if they had been verified."""
        signoffs = tuple(Signoff(s.person, s.role, s.at, not s.reject) for s in self.signed)
        rules = {r.label: rule_digest(r) for r in policy.rules}
        return Accepted(
            signoffs,
            tuple(
                Waiver(policy.name, w.label, rules[w.label], w.person, w.role, w.at, w.until, w.reason)
                for w in self.waivers
            ),
        )


def load(path: Path) -> tuple[Case, ...]:
    """The cases of a file; raises for a key that is unknown or stands twice."""
    return tuple(TypeAdapter(list[Case]).validate_python(_read(path).data))


def holder(path: Path, case: Case) -> Record | Holder:
    """Who holds the target stage in a case: a record, `none`, or, where it says nothing, nobody was asked."""
    if case.champion is None:
        return Holder.UNASKED
    return record(path, case.champion) if isinstance(case.champion, dict) else Holder.NOBODY


def record(path: Path, written: dict[str, Any]) -> Record:
    """The record of a case: written out, or `from` another file with changes."""
    if "from" not in written:
        return reader.read(_read(path), written)
    derived = Derived.model_validate(written)
    base = _read(path.parent / derived.source)
    data = copy.deepcopy(base.data)
    for place, value in derived.set.items():
        _put(data, place, value)
    for place in derived.remove:
        inner, last = _inside(data, place.split("."), make=False)
        del inner[last]
    return reader.read(base, data)


def _read(path: Path) -> Document:
    """Read as records are: duplicate keys, anchors and tags are errors, and a bare date stays a text."""
    return document.read(Source(path.name, path.read_text(encoding="utf-8")))


def _put(data: Any, place: str, value: Any) -> None:
    inner, last = _inside(data, place.split("."), make=True)
    inner[last] = value


def _inside(data: Any, steps: list[str], *, make: bool) -> tuple[Any, str | int]:
    """The mapping or list that holds the last step, and that step; missing mappings on the way are made."""
    for step in steps[:-1]:
        at = int(step) if isinstance(data, list) else step
        if make and isinstance(data, dict):
            data.setdefault(at, {})
        data = data[at]
    return data, int(steps[-1]) if isinstance(data, list) else steps[-1]
