"""What a case may hold, key by key; a value that does not read is refused, never guessed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from letpass.diagnostics import InvalidError
from letpass.facts import values
from letpass.move import Move


def _readable(read: Any) -> BeforeValidator:
    """A validator that reads a scalar as records do, and refuses what they could not read."""

    def check(raw: Any) -> Any:
        found = read(raw)
        if isinstance(found, values.Unreadable):
            raise InvalidError(f"`{found.written}` is {found.why}")
        return found

    return BeforeValidator(check)


def _move(raw: Any) -> Move:
    return Move.parse(str(raw))


def _holder(raw: Any) -> Any:
    if not isinstance(raw, dict) and raw != "none":
        raise InvalidError("a champion is a record, or `none`")
    return raw


Text = Annotated[str, _readable(values.text)]
Date = Annotated[int, _readable(values.date)]
Flag = Annotated[bool, _readable(values.flag)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", arbitrary_types_allowed=True, frozen=True)


class Signature(_Strict):
    """A person's sign-off in one role."""

    person: Text
    role: Text
    at: Date


class Word(_Strict):
    """A person's objection in one role, which stands."""

    person: Text
    role: Text
    at: Date
    reason: Text


class Leave(_Strict):
    """A waiver of one rule of the policy that is judged: of what the case misses, or of one comparison up to a value."""

    label: Text
    person: Text
    role: Text
    at: Date
    until: Date
    reason: Text
    up_to: Text | None = None


class Derived(_Strict):
    """A record in a file, and what is other in it: paths are dotted, a list's elements by their number from 0."""

    source: Text = Field(alias="from")
    set: dict[str, Any] = {}
    remove: list[Text] = []


class Case(_Strict):
    """One case; `blocks` are all labels that block, and no other.  A champion left out: nobody was asked.  kind: of
    both, as a registry would have them."""

    name: Text
    record: dict[str, Any]
    champion: Annotated[Any, BeforeValidator(_holder)] = None
    kind: Literal["model", "prompt", "application"] = "model"
    move: Annotated[Move, BeforeValidator(_move)]
    at: Date
    signed: list[Signature] = []
    objections: list[Word] = []
    waivers: list[Leave] = []
    expect: Literal["allow", "deny", "undecided"]
    blocks: list[Text] = []


KEYS: dict[str, type[BaseModel]] = {
    "": Case,
    "signed": Signature,
    "objections": Word,
    "waivers": Leave,
    "record": Derived,
    "champion": Derived,
}
"""The shape of what stands below a key of a case; of the case itself below no key."""
