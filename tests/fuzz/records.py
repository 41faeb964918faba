"""Records, what is decided about them, and decisions that were stored."""

from __future__ import annotations

import io
import json
import re
import sys
from functools import cache
from random import Random
from typing import Any
from unittest import mock

from letpass.canonical import canonical
from letpass.cli import stored
from letpass.cli.commands.replay import _compared
from letpass.diagnostics import InvalidError, RecordError, Source
from letpass.facts import document, reader, values
from letpass.facts.decoding import Decoder
from letpass.facts.document import Document
from letpass.facts.fast import Reader
from letpass.facts.record import Holder, Record
from letpass.facts.schema import VOCABULARY
from letpass.gate import judgement
from letpass.project.policyset import PolicySet, from_texts
from letpass.registries import editing, inplace, state
from letpass.registries.mlflow_tags import RUN, VERSION, Tags
from letpass.reports.interface import Report, renderer
from tests.fuzz import corpus, mutate
from tests.fuzz.company import company
from tests.fuzz.texts import MOVE, NOW, library, utf8
from tests.fuzz.watch import BrokenError

REPORTS = ("text", "concise", "markdown", "html", "json", "junit", "sarif", "tap", "github", "gitlab", "azure")
ASKED = ("now", "as_of", "move", "champion", "form", "told", "environments", "added")
"""What a stored decision says was asked, beside its inputs."""

ONES = (Reader(0, Decoder(1 << 60)), Reader(0, Decoder(0)))
"""Who read JSON in one pass, with either decoder."""


@cache
def policies() -> PolicySet:
    """Policies that ask of many parts of a record."""
    texts = dict(library())
    for n, data in enumerate(corpus.made_policies()[:3]):
        texts[f"made{n}.policy"] = re.sub(r"\Apolicy \w+", f"policy made{n}", data.decode().lstrip())
    texts["promotion/production.policy"] = (corpus.ROOT / "policies/promotion/production.policy").read_text("utf-8")
    return from_texts(texts, VOCABULARY, warn=False)


@cache
def record() -> Record:
    """A record of which most parts are there."""
    return reader.read(document.read(Source("record.json", json.dumps(corpus.RECORD))))


@cache
def champions() -> tuple[Record | Holder, ...]:
    """Who may hold the stage: nobody knows, nobody, another version of a model that is made at random, and of the other one."""
    made = [{**json.loads(corpus.made_record(Random(4))), "version": "champion"}, {**corpus.RECORD, "version": "8"}]
    read = [reader.read(document.read(Source("champion.json", json.dumps(data)))) for data in made]
    return (Holder.UNASKED, Holder.NOBODY, *read)


def record_json(data: bytes, random: Random) -> str:
    """A record in JSON; written again it reads as the same, and so it does in one pass, where it is read at all."""
    source = Source("9.json", utf8(data))
    at_once = [found for one in ONES if (found := one.read(source)) is not None]
    read, found = _as(at_once, source)
    written = json.dumps(read.data)
    odd = re.search(r"NaN|Infinity", written)  # which JSON does not have
    if not odd and reader.read(document.read(Source("9.json", written))) != found:
        raise BrokenError("is another record when it is written again")
    return _looked_at(read, found, random)


def record_yaml(data: bytes, random: Random) -> str:
    """A record in YAML; it is the same sorted in one pass, where it is sorted at all."""
    source = Source("9.yaml", utf8(data))
    sorted_ = ONES[0].sort(document.read(source))
    return _looked_at(*_as([] if sorted_ is None else [sorted_], source), random)


def _as(at_once: list[Record], source: Source) -> tuple[Document, Record]:
    """What the readers make of a text that tell what is wrong; what was read in one pass is the same."""
    try:
        read = document.read(source)
        found = reader.read(read)
    except RecordError:
        if at_once:
            raise BrokenError("is read in one pass, and refused else") from None
        raise
    if any(repr(each) != repr(found) for each in at_once):
        raise BrokenError("is another record when it is read in one pass")
    return read, found


def _looked_at(read: Document, found: Record, random: Random) -> str:
    """Every value stands in the text; with one field more, as commands write it, the rest says what it said."""
    length = len(read.source.text)
    for path, (start, end) in [*read._places().items()][:200]:
        if not 0 <= start <= end <= length + 1:
            raise BrokenError(f"`{path}` stands at {start} to {end} of {length} characters")
    changes: dict[str, Any] = {"expires_at": "2027-02-03"}
    for section, new in (("metrics", {"new": [{"value": 0.5}]}), ("suites", [{"name": "new"}]), ("facts", {"new": 1})):
        if random.random() < 0.3 and isinstance(read.data.get(section, new), type(new)):
            changes[section] = editing.appended(read.data, section, new)
    try:
        text = editing.with_fields(read, changes)
    except RecordError:
        text = ""
    if text:
        after = document.read(Source(read.source.name, text)).data
        if not inplace.same(after, {**read.data, **changes}):
            raise BrokenError(f"says something else once other fields are written: {text[:1000]!r}")
    return f"{sorted(found.values)[:12]} {sorted(found.unreadable)[:3]} {sorted(found.lists)} {len(found.measures)}"


def state_file(data: bytes, _: Random) -> str:
    """`state.yaml`; written again it reads as the same."""
    found = state.parse(Source("state.yaml", utf8(data)))
    if found is None:
        return "a record"
    again = state.parse(Source("state.yaml", state.text(values.as_json(found.data)).decode()))
    whole = reader.read(state.applied(_versioned(), found))
    return f"{sorted(whole.values)[:8]} {sorted(whole.unreadable)[:3]} {again is None}"


@cache
def _versioned() -> Document:
    return document.read(Source("4.yaml", 'model: fraud\nversion: "4"\n'))


def tags(data: bytes, random: Random) -> str:
    """Tags of MLflow: what they say of a record that has something already."""
    said = mutate.plain(data)
    if not isinstance(said, dict):
        raise InvalidError("no tags")
    written = {k: v if isinstance(v, str) else json.dumps(v) for k, v in said.items()}
    found: dict[str, Any] = random.choice(({}, {"metrics": {"accuracy": [{"value": 0.5}]}, "code": {"commit": "x"}}))
    found = {"model": "fraud", "version": "9", **json.loads(json.dumps(found))}
    committed = "code" in found
    told = Tags("fraud@9", NOW, random.choice(("", "run")))
    told.read(written, VERSION)
    told.read({k: v for n, (k, v) in enumerate(written.items()) if n % 2}, RUN)
    told.add(found)
    read = reader.read(document.read(Source("fraud@9.json", json.dumps({**found, "notices": told.notices}))))
    if read.values["version"] != "9" or (committed and read.values.get("code.commit") != "x"):
        raise BrokenError("a tag has said what is not for it to say")
    return f"{sorted(found)} {sorted({n['kind'] for n in told.notices})} {sorted(read.unreadable)[:3]}"


def judged(data: bytes, random: Random) -> str:
    """A decision about a record: made twice the same, in every format, and stored it replays."""
    found = reader.read(document.read(Source("9.json", utf8(data))))
    champion = random.choice(champions())
    made = judgement.judge(policies(), found, MOVE, NOW, champion)
    text = canonical(made.as_json())
    if canonical(judgement.judge(policies(), found, MOVE, NOW, champion).as_json()) != text:
        raise BrokenError("is decided in two ways")
    inputs = judgement.inputs(made, policies())
    for name in random.sample(REPORTS, 2):
        renderer(name)(Report((made,), (inputs,)))
    if random.random() < 0.1:
        entry = json.loads(json.dumps({"decision": made.as_json(), "inputs": inputs}))
        if canonical(judgement.again(entry).as_json()) != text:
            raise BrokenError("replays as another decision")
    return f"{made.verdict.value} {[str(r.truth)[:12] for p in made.policies for r in p.rules][:10]}"


@cache
def decisions() -> tuple[dict[str, Any], ...]:
    """Stored decisions: one of a record, and one that people have signed for."""
    made, world = judgement.judge(policies(), record(), MOVE, NOW, Holder.NOBODY), company()
    people = world.decide()
    return (
        {"decision": made.as_json(), "inputs": judgement.inputs(made, policies())},
        {"decision": people.as_json(), "inputs": judgement.inputs(people, world.policies, world.bundle())},
    )


def stored_decision(data: bytes, _: Random) -> str:
    """A stored decision that replays as the same, from inputs that are the stored ones, is the one that was made."""
    told = []
    with mock.patch.object(sys, "stdin", mock.Mock(buffer=io.BytesIO(data))):
        found = stored.read("-")
    for entry in found.decisions:
        with mock.patch("click.echo"):
            made = _compared(entry, aside=True)
        told.append(made.verdict.value if made is not None else "differs")
        for kept in decisions():
            if made is not None and entry["inputs"] == kept["inputs"] and not _is(entry["decision"], kept["decision"]):
                raise BrokenError("another decision replays from the same inputs")
    return " ".join(told)


def _is(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Is a decision the other one, where the same was asked."""
    if any(one.get(k) != other.get(k) for k in ASKED):
        return True
    return canonical({**one, "engine": ""}) == canonical({**other, "engine": ""})
