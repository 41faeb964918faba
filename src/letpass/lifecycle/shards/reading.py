"""What is read of shards again, in the order of a run over the whole.

A decision is made anew of what it rested on: one that its inputs do not give, or that is of another run than its shard, is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from letpass.canonical import canonical, digest_bytes
from letpass.diagnostics import Diagnostic, InvalidError, LetpassError, Severity, ShardError, Source, Span
from letpass.evaluation.decision import Decision
from letpass.frozen import Frozen
from letpass.gate import judgement
from letpass.lifecycle import differences
from letpass.lifecycle.differences import Difference
from letpass.lifecycle.shards import files
from letpass.lifecycle.shards.files import File
from letpass.lifecycle.shards.header import Header
from letpass.move import REVIEW
from letpass.registries import folder_runs
from letpass.registries.interface import Run, parts_of
from letpass.registries.shards import Order
from letpass.reports.json import Part

_CODE = re.compile(r"GATE\d{3}", re.ASCII)
_FAULT = {"place", "code", "message", "help", "severity", "notes", "source", "text", "start", "end"}
_RUN = {"place", "id", "name", "at", "ended", "commit", "data", "parameters"}
_TEXTS = "texts"


class Judged(Frozen):
    """A decision that was read again: its place among all, and what a replay needs."""

    place: Order
    decision: Decision
    inputs: Mapping[str, Any]


def holding(found: Sequence[File], *keys: str) -> None:
    """Raise `ShardError` where the parts of a shard are others than these lists, or not as many as it counts."""
    for one in found:
        lists = {k: v for k, v in one.parts.items() if k != _TEXTS}
        whole = lists.keys() == set(keys) == one.counts.keys() and all(isinstance(v, list) for v in lists.values())
        if not whole or any(one.counts[k] != len(v) for k, v in lists.items()):
            raise files.unread(one.name, f"it does not hold {', '.join(keys)}, each as often as it counts")


def decisions(found: Sequence[File]) -> list[Judged]:
    """The decisions of reviews; raises `ShardError`."""
    read: list[Judged] = []
    for one in found:
        with _refused(one):
            texts = _texts(one)
            read += [_judged(said, texts, one.header) for said in one.parts["decisions"]]
    return sorted(read, key=lambda j: j.place)


def faults(found: Sequence[File], key: str) -> list[Diagnostic]:
    """The faults that shards hold under a key; raises `ShardError`."""
    read: list[tuple[Order, Diagnostic]] = []
    for one in found:
        with _refused(one):
            texts = _texts(one)
            read += [(_order(said), _fault(said, texts)) for said in one.parts[key]]
    return [fault for _, fault in sorted(read, key=lambda r: r[0])]


def all_differences(found: Sequence[File]) -> list[Difference]:
    """The differences between registry and ledger; raises `ShardError`."""
    read: list[Difference] = []
    for one in found:
        with _refused(one):
            for said in one.parts["differences"]:
                each = differences.read(said)
                files.is_of(one.header.shard, each.model)
                read.append(each)
    return differences.in_order(read)


def runs(found: Sequence[File]) -> list[Run]:
    """The runs of training, the newest first; raises `ShardError`."""
    read: list[tuple[Order, Run]] = []
    for one in found:
        with _refused(one):
            for said in one.parts["runs"]:
                place, run = _order(said), _run(said)
                if not place:  # it stands for a version
                    files.is_of(one.header.shard, parts_of(run.id)[0])
                read.append((place, run))
    read.sort(key=lambda r: folder_runs.age(r[1]), reverse=True)
    return [run for _, run in sorted(read, key=lambda r: r[0])]


@contextmanager
def _refused(one: File) -> Iterator[None]:
    """Raise `ShardError` for whatever in the parts of a shard is not what was written there."""
    try:
        yield
    except ShardError:
        raise
    except InvalidError as error:
        raise files.unread(one.name, str(error)) from None
    except LetpassError as error:
        raise files.unread(one.name, f"what it judged does not read: {error.diagnostics[0].message}") from None
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration, RecursionError):
        raise files.unread(one.name, "its parts are not those of a shard") from None


def _texts(one: File) -> dict[str, str]:
    found: dict[str, str] = one.parts[_TEXTS]
    if any(digest_bytes(text.encode("utf-8")) != name for name, text in found.items()):
        raise InvalidError("a text in it is not that of its digest")
    return found


def _order(said: Any) -> Order:
    place = said["place"]
    if not isinstance(place, list) or not all(isinstance(p, str) for p in place):
        raise InvalidError("a place in it is no list of texts")
    return tuple(place)


def _judged(said: Any, texts: dict[str, str], header: Header) -> Judged:
    entry = json.loads(said["stored"])
    if canonical(entry).decode("utf-8") != said["stored"]:
        raise InvalidError("a decision in it is not written in its one form")
    stored = Part(entry, texts).whole
    made = judgement.again(stored)
    of_run = (made.move, made.now, made.as_of, dict(made.digests).get("policies"))
    if of_run != (REVIEW, header.at, True, header.policies):
        raise InvalidError(f"its decision on `{made.record.name}` is of another review")
    if made.as_json() != stored["decision"]:
        raise InvalidError(f"its decision on `{made.record.name}` is not what its inputs give")
    files.is_of(header.shard, made.record.text("model"))
    return Judged(_order(said), made, stored["inputs"])


def _fault(said: Any, texts: Mapping[str, str]) -> Diagnostic:
    words, (start, end) = [said[k] for k in ("message", "help", "source")], (said["start"], said["end"])
    text = texts[said["text"]]
    plain = all(isinstance(w, str) for w in [*words, *said["notes"]]) and type(start) is type(end) is int
    if (
        said.keys() != _FAULT
        or not plain
        or not _CODE.fullmatch(said["code"])
        or not 0 <= start <= end <= len(text) + 1
    ):
        raise InvalidError("a fault in it is none")
    message, help_, source = words
    span = Span(Source(source, text), start, end)
    return Diagnostic(said["code"], message, span, help_, Severity(said["severity"]), tuple(said["notes"]))


def _run(said: Any) -> Run:
    words = [said[k] for k in ("id", "name", "ended", "commit")]
    pairs = [(k, v) for k, v in said["parameters"]]
    plain = all(isinstance(w, str) for w in [*words, *said["data"], *(w for pair in pairs for w in pair)])
    if said.keys() != _RUN or not plain or type(said["at"]) is not int:
        raise InvalidError("a run in it is none")
    id_, name, ended, commit = words
    return Run(id_, name, said["at"], ended, commit, tuple(said["data"]), tuple(pairs))
