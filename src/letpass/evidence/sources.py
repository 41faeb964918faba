"""What several readers need: texts and JSON read in one way, values as they stand, runs and measures as a record has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from letpass.diagnostics import InvalidError, RecordError, Source
from letpass.evidence.content import harmless
from letpass.evidence.interface import Asked
from letpass.facts import document, values
from letpass.facts.schema import SEVERITIES

EXACT = 2**53  # the largest whole number of which every smaller one is exact
MOST_LISTED = 5
_RULE = "----------- SCAN SUMMARY -----------"


class Content(bytes):
    """The bytes of a file, of which several look at the data: it is decoded once."""

    @cached_property
    def json(self) -> Any:
        """The data of its JSON; raises `InvalidError`."""
        return plain(text(self), "json")


def text(data: bytes) -> str:
    """A UTF-8 text; raises `InvalidError` for what is none."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidError(f"not UTF-8: byte {error.start}") from None


def plain(text_: str, kind: str) -> Any:
    """The data of a JSON or YAML text (`kind`), strict as a record's: duplicate keys, anchors and deep nesting are refused.

    NaN, infinities and YAML's unquoted scalars are `Plain`.  Raises `InvalidError`.
    """
    try:
        return document.read(Source(f"evidence.{kind}", text_)).data
    except RecordError as error:
        first = error.diagnostics[0]
        raise InvalidError(f"{first.message}, line {first.span.source.position(first.span.start)[0]}") from None


def json_mapping(data: bytes) -> dict[str, Any]:
    """The mapping of a JSON text; raises `InvalidError`."""
    return mapping(data.json if isinstance(data, Content) else plain(text(data), "json"), "the file")


def mapping(value: Any, name: str) -> dict[str, Any]:
    """A mapping, or `InvalidError` that names what is none."""
    if not isinstance(value, dict):
        raise InvalidError(f"{name} is no mapping")
    return value


def mappings(value: Any, name: str) -> list[dict[str, Any]]:
    """A list of mappings, or `InvalidError` that names what is none."""
    if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
        raise InvalidError(f"{name} is no list of mappings")
    return value


def mapping_or_empty(value: Any) -> dict[str, Any]:
    """A mapping, an empty one for what is none."""
    return value if isinstance(value, dict) else {}


def mappings_in(value: Any) -> list[dict[str, Any]]:
    """The mappings in a list, none of what is no list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def word(holder: dict[str, Any], key: str) -> str | None:
    """A text of a mapping, None where there is none or an empty one; `InvalidError` for what is no text."""
    found = values.as_json(holder.get(key))
    if found is not None and not isinstance(found, str):
        raise InvalidError(f"`{key}` is no text: {values.written(found)}")
    return found or None


def time(holder: dict[str, Any], key: str) -> str | None:
    """A time with a zone that a mapping says, None where it has none; `InvalidError` for what is no text."""
    found = word(holder, key)
    return found if found is not None and isinstance(values.date(found), int) else None


def count(value: Any, name: str) -> int:
    """A whole number from 0, or `InvalidError` that names what is none."""
    if type(value) is not int or not 0 <= value <= EXACT:
        raise InvalidError(f"`{name}` is no count: {values.written(value)}")
    return value


def number(value: Any) -> Any:
    """A number as JSON can hold it; of anything else its text, which a record shows and no rule can use."""
    found = values.as_json(value)
    if type(found) is int and abs(found) <= EXACT:
        return found
    if type(found) is float and isinstance(values.number(found), float):
        return found
    return found if isinstance(found, str) else values.written(found)


def real(value: Any) -> float | None:
    """A finite number, None for what is none."""
    found = values.number(value) if type(value) in {int, float} else None
    return found if isinstance(found, float) else None


def severity(said: str) -> str:
    """A severity in the record's words, whatever its case; `InvalidError` for another word, which nobody can rank."""
    if said.lower() not in SEVERITIES:
        raise InvalidError(f"the severity `{said[:30]}` is none of {', '.join(SEVERITIES)}")
    return said.lower()


def oldest(times: list[str]) -> str | None:
    """Of the times that a file says the oldest, and before all others one that cannot be read; None of none."""
    return min(times, key=lambda t: d if isinstance(d := values.date(t), int) else float("-inf"), default=None)


def scan(asked: Asked, tool: str, ran_at: str | None, **fields: Any) -> dict[str, Any]:
    """A scan by a tool, `ran_at` and all other fields as the file says them, None where it does not.

    `InvalidError` where the caller says another tool.
    """
    if asked.tool not in {None, tool}:
        raise InvalidError(f"it is by `{tool[:60]}`, not by `{asked.tool}`")
    found = {"tool": tool, "ran_at": asked.ran_at or ran_at, **fields}
    return {k: v for k, v in found.items() if v is not None}


def passed_over(asked: Asked, skipped: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Of the files that a scanner says it skipped those that need no look, and those that were missed, in words.

    skipped: why, by the file's name, whose end is its name in the artifact.  A file needs no look where its bytes, hashed here,
    are text, an image or safetensors.
    """
    at_hand = asked.files() if skipped else None
    if at_hand is None:
        return [], [f"{name} ({why}), whose bytes are not at hand" for name, why in skipped.items()]
    left_out, missed = [], []
    known: dict[str, str | None] = {}
    by_last: dict[str, list[str]] = {}
    for inside in at_hand.hashes:
        by_last.setdefault(inside.rpartition("/")[2], []).append(inside)
    for name, why in skipped.items():
        found = _inside(name, by_last.get(name.rpartition("/")[2], ()))
        for inside in set(found) - known.keys():
            known[inside] = harmless(at_hand.root / inside, at_hand.hashes[inside])
        if found and all(known[inside] for inside in found):
            left_out.append(f"{found[0]} ({known[found[0]]})")
        else:
            missed.append(f"{name} ({why})")
    return left_out, missed


def _inside(name: str, names: Iterable[str]) -> list[str]:
    """The files of an artifact that a scanner may mean by a path: all names that it ends with, and all that end with it.

    The first where it has looked at the artifact or at what holds it, the others where at a folder in it.  Where the artifact
    begins in the path nobody knows: `model/weights.bin` may be `weights.bin` of the folder `model`.  None for what is
    in an archive, `model.zip:README.md`, and for a path that goes up.
    """
    if ":" in name or ".." in name.split("/"):
        return []
    return [inside for inside in names if f"/{name}".endswith(f"/{inside}") or inside.endswith(f"/{name}")]


def listed(texts: Sequence[str]) -> str | None:
    """Several texts in one line of a record, the first ones and how many more there are; None of none."""
    several = list(dict.fromkeys(" ".join(text.split())[:120] for text in texts))
    if not several:
        return None
    more = f", and {len(several) - MOST_LISTED} more" if len(several) > MOST_LISTED else ""
    return "; ".join(several[:MOST_LISTED]) + more


def measure(asked: Asked, name: str, value: Any, **fields: Any) -> dict[str, Any]:
    """A measurement: the value as it stands, its unit as the caller says it, and what the file says of it.

    The data set and the time are the caller's where the file does not say them.
    """
    found = {"value": number(value), "unit": asked.units.get(name), "data_set": asked.data_set}
    found |= {"measured_at": asked.ran_at, **{k: v for k, v in fields.items() if v is not None}}
    return {k: v for k, v in found.items() if v is not None}


def partial(value: Any, seen: int, of: int, what: str = "cases") -> str:
    """A value that leaves cases out, as a text that a record shows and no rule can use; where nothing was seen there is no value."""
    shown = f"{found:.6g}" if seen and (found := real(value)) is not None else "no value"
    return f"{shown} ({seen} of {of} {what})"


def metrics(asked: Asked, found: dict[str, Any]) -> dict[str, Any]:
    """The part that holds these metrics; `InvalidError` for none, and for a unit of a metric that is not among them."""
    if not found:
        raise InvalidError("no metric in it")
    if strangers := sorted(set(asked.units) - set(found)):
        raise InvalidError(f"there is no metric `{strangers[0]}` to have a unit")
    return {"metrics": found}


def summed_up(data: bytes) -> tuple[list[str], list[str], dict[str, str]]:
    """The lines of a scanner's text before its summary and after, and what that says by name.

    `InvalidError` for no summary, or a second word.
    """
    head, rule, tail = text(data).partition(_RULE)
    if not rule:
        raise InvalidError(f"no `{_RULE.strip('- ')}` in it, so nobody knows whether the scan ran to its end")
    said: dict[str, str] = {}
    for line in tail.splitlines():
        name, colon, value = line.partition(":")
        if colon and said.setdefault(name.strip(), value.strip()) != value.strip():
            raise InvalidError(f"its summary says `{name.strip()[:60]}` twice")
    if _RULE in tail:
        raise InvalidError("its summary stands twice")
    return head.splitlines(), tail.splitlines(), said


def summed_count(said: dict[str, str], name: str) -> int:
    """A count of a summary, or `InvalidError` that names it."""
    if name not in said:
        raise InvalidError(f"its summary has no `{name}`")
    if not said[name].isascii() or not said[name].isdigit() or len(said[name]) > 15:
        raise InvalidError(f"`{name}` is no count: `{said[name][:30]}`")
    return int(said[name])
