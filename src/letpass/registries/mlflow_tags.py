"""Tags of MLflow that say a field of a record, and what they may say: what nobody measured or recorded in another way.

A tag can be written at any time by anybody.  So what MLflow recorded itself stands against it: metrics, parameters, inputs,
git's commit, the model's own files.  A tag adds to that, and a contradiction is told in a notice.  Where two tags
contradict each other, neither counts.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from letpass.diagnostics import RecordError, Source
from letpass.facts import document, reader, values
from letpass.facts.document import Document
from letpass.facts.schema import LATER, SHAPES
from letpass.frozen import Frozen
from letpass.language.types import Field, Group, Listing
from letpass.registries import inplace

# who a version is, which bytes it has, and who holds what, is not for a tag to say
RESERVED = frozenset({"model", "version", "stage", "registered_at", "notices", "tags", "artifact"})
AGAINST, DIFFER, NO_FIELD, LATE_METRIC = "tag-against-run", "tags-differ", "no-field", "late-metric"
"""Kinds of notices: a tag contradicts what MLflow recorded; two tags contradict each other; text in a tag that is
called like a field; a metric that is dated after its run had ended."""
RUN, VERSION = "run tag", "version tag"
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})\Z")
_NAMED = {("data",): "name", ("environment", "packages"): "name"}
"""Lists of which every element has a name, at which MLflow's and the tags' meet."""
_MEASURES = ("metrics", "observations")
_EVIDENCE = frozenset({*_MEASURES, "suites", "scans", "deployments", "taken_back"})
"""Fields of which a piece may speak against a version."""
_NUMBERS = ("hyperparameters", "seeds")
Record = dict[str, Any]


class Told(Frozen):
    """One thing that a tag says.  where: RUN or VERSION · key: the tag's · path: its place in the record."""

    where: str
    key: str
    path: tuple[str, ...]
    value: Any

    @property
    def shown(self) -> str:
        """The tag and what it says, for a notice."""
        return f"the {self.where} `{self.key}` says {_shown(self.value)}"

    def shown_as(self, name: str, piece: Any) -> str:
        """The tag and what it says of one metric, for a notice."""
        return f"the {self.where} `{self.key}` says `{name}` {_shown(_number_of(piece))}"


class Tags:
    """The tags of a version and of its run, added to a record that has what MLflow recorded itself.

    name: of the version, for messages · ended: when its run had ended, in microseconds, None where that is not known ·
    unseen: the run that made the model, where what it measured was not looked at.
    """

    def __init__(self, name: str, ended: int | None, unseen: str = "") -> None:
        self.name, self.ended, self.unseen = name, ended, unseen
        self.told: list[Told] = []
        self.notices: list[dict[str, str]] = []

    def read(self, tags: Mapping[str, str], where: str) -> None:
        """Take what tags say; raises `RecordError` for one that should hold a piece of evidence and does not."""
        for key in sorted(tags):
            if not is_told(key):
                continue
            top, _, rest = key.partition(".")
            if (where == RUN and top in LATER) or not self._is_meant(key, tags[key], where):
                what = f"the {where} `{key}` is called like a field of the record and holds none, so it says nothing"
                self._notice(NO_FIELD, what)
                continue
            value = self._value(key, tags[key], where)
            path = (top, rest) if rest else (top,)
            if isinstance(value, dict) and top not in _MEASURES:
                self.told += [Told(where, key, (*path, str(k)), v) for k, v in value.items()]
            else:
                self.told.append(Told(where, key, path, value))

    def add(self, found: Record) -> None:
        """Add what the tags say to a record that has what MLflow recorded; contradictions become notices."""
        lists = ("suites", "scans", "deployments", "taken_back")
        for path in dict.fromkeys(t.path for t in self.told):
            said = [t for t in self.told if t.path == path]
            if path in _NAMED:
                self._named(found, path, said)
            elif path == ("metrics",):
                self._metrics(found.setdefault("metrics", {}), said)
            elif path[0] in lists:
                # dated runs of tools, of which the newest counts: none takes another's place unseen
                pieces = [p for t in said for p in (t.value if isinstance(t.value, list) else [t.value])]
                found[path[0]] = [p for n, p in enumerate(pieces) if not any(inplace.same(p, q) for q in pieces[:n])]
            else:
                self._scalar(found, path, said)
        if not found.get("metrics"):
            found.pop("metrics", None)

    def speak_of(self, path: tuple[str, ...]) -> bool:
        """Does any tag say something of a place in the record, whether or not it counts."""
        return any(t.path == path for t in self.told)

    # ------------------------------------------------------------ what tags and MLflow say of one thing

    def _scalar(self, found: Record, path: tuple[str, ...], said: list[Told]) -> None:
        inner = len(path) > 1  # not whether there is a key: that may be an empty text
        top, name = path[0], path[1] if inner else path[0]
        place = found.get(top, {}) if inner else found
        if name in place:
            for told in said:
                if not _agree(place[name], told.value, numbers=top in _NUMBERS):
                    self._notice(AGAINST, f"{told.shown}, and MLflow recorded {_shown(place[name])}, which counts")
        elif all(_agree(said[0].value, t.value) for t in said):
            (found.setdefault(top, {}) if inner else found)[name] = said[0].value
        else:
            self._notice(DIFFER, f"{', and '.join(t.shown for t in said)}; neither counts")

    def _named(self, found: Record, path: tuple[str, ...], said: list[Told]) -> None:
        """Elements of a list by their names: tags add elements, and fields that an element does not have."""
        place = found if len(path) == 1 else found.setdefault(path[0], {})
        key = _NAMED[path]
        elements = list(_elements(place.get(path[-1], []), key))
        recorded: list[set[str]] = [set(e) for e in elements]
        gone: list[set[str]] = [set() for _ in elements]
        for told in said:
            before = len(elements)
            for piece in _elements(told.value, key):
                name = piece.get(key) if isinstance(piece, dict) else None
                rivals = [n for n in range(before) if _folded(str(_of(elements[n], key))) == _folded(str(name))]
                if not rivals or not isinstance(name, str):
                    elements.append(piece)  # what has no name is told when the record is read
                    recorded.append(set())
                    gone.append(set())
                elif len(rivals) == 1:
                    at = rivals[0]
                    elements[at] = dict(elements[at])
                    self._element(elements[at], recorded[at], gone[at], piece, told, key)
                elif not any(_within(piece, elements[n]) for n in rivals):
                    self._notice(AGAINST, f"{told.shown}, and MLflow recorded several `{piece[key]}`, which count")
        place[path[-1]] = elements

    def _element(
        self, element: Record, recorded: set[str], gone: set[str], piece: Record, told: Told, key: str
    ) -> None:
        """What a tag says of an element that is there: fields that it does not have."""
        for field, value in piece.items():
            of = f"`{piece[key]}` {field}"
            if field == key or field in gone:
                continue
            if field not in element:
                element[field] = value
            elif not _agree(element[field], value) and field in recorded:
                what = f"the {told.where} `{told.key}` says {of} {_shown(value)}, and MLflow recorded {_shown(element[field])}, which counts"
                self._notice(AGAINST, what)
            elif not _agree(element[field], value):
                self._notice(DIFFER, f"tags say {of} {_shown(element.pop(field))}, and {_shown(value)}; neither counts")
                gone.add(field)

    # ------------------------------------------------------------ metrics

    def _metrics(self, measured: dict[str, Any], said: list[Told]) -> None:
        """Add metrics that no run measured, and those on a data set of their own; a later one is as late as a run's."""
        own = {_folded(name): (name, list(pieces)) for name, pieces in measured.items()}
        for told in said:
            for name, value in told.value.items():
                pieces = value if isinstance(value, list) else [value if isinstance(value, dict) else {"value": value}]
                spelt, rivals = own.get(_folded(name), (name, []))
                for piece in pieces:
                    if any(inplace.same(piece, r) for r in measured.get(name, ())):
                        continue  # `evidence add` writes down what it found beside what it adds
                    if rivals and (spelt != name or not _apart(piece, rivals)):
                        self._notice(
                            AGAINST, f"{told.shown_as(name, piece)}, and a run measured `{spelt}`, which counts"
                        )
                    else:
                        measured.setdefault(name, []).append(self._timely(name, piece, told))

    def _timely(self, name: str, piece: Any, told: Told) -> Any:
        """A piece as it is, unreadable where it is dated after its run had ended."""
        at = values.date(piece.get("measured_at")) if isinstance(piece, dict) else None
        shown, mend = f"{told.shown_as(name, piece)}", "log it in a run of its own, or let a service attest it"
        if self.unseen:
            why = f"whether run {self.unseen}, which is not looked at, measured it cannot be told"
            self._notice(AGAINST, f"{shown}, and {why}; {mend}")
        elif self.ended is not None and type(at) is int and at > self.ended:
            why = f"dated {piece['measured_at']}, after its run had ended"
            self._notice(LATE_METRIC, f"{shown}, {why}; {mend}")
        else:
            return piece
        about = {"data_set", "data_digest", "measured_at", "source"} & set(piece if isinstance(piece, dict) else ())
        return {"value": f"{_shown(_number_of(piece))}, {why}", **{k: piece[k] for k in sorted(about)}}

    # ------------------------------------------------------------ texts of tags

    def _is_meant(self, key: str, written: str, where: str) -> bool:
        """Does a tag hold what its name says, or a piece of evidence that was meant to, and was cut short or misspelt: what speaks
        against a version is not passed over as a text.  Everyday tags are called `data`, `environment` or `code` too.
        """
        top, _, rest = key.partition(".")
        try:
            value = self._value(key, written, where)
        except RecordError:
            return top in _EVIDENCE and written.lstrip()[:1] in {"{", "["}
        if top in _EVIDENCE or rest or not isinstance(value, dict | list):
            return True
        told = list(_elements(value, _NAMED[top,])) if (top,) in _NAMED else value
        try:
            reader.part(Document(Source(f"{where} {key}", written), {top: told}))
        except RecordError:
            return False
        return True

    def _value(self, key: str, written: str, where: str) -> Any:
        """A tag's text as its place wants it: lists and mappings as JSON, numbers and flags as such, else the text."""
        top, _, rest = key.partition(".")
        shape = SHAPES[top]
        if rest and not isinstance(shape, Group):  # a fact, seed or setting of one's own
            return _plainly(written)
        place = shape.fields[rest] if rest and isinstance(shape, Group) else shape
        if key == "license" and written.lstrip()[:1] == "[":  # several, as `evidence add` writes them
            return self._json(key, written, where)
        if isinstance(place, Field) and place.type.kind not in {"flag", "count", "number", "size", "ratio"}:
            return written
        found = self._json(key, written, where)
        wanted = list if isinstance(place, Listing) else object if isinstance(place, Field) else dict
        if not isinstance(found, wanted) and not ((top, rest) in _NAMED and isinstance(found, dict)):
            raise self._no_field(key, where, f"a {'list' if wanted is list else 'mapping'} is wanted")
        return found

    def _json(self, key: str, written: str, where: str) -> Any:
        try:
            return document.read(Source(f"{where} {key}", written), json=True).data
        except RecordError as error:
            raise self._no_field(key, where, error.diagnostics[0].message) from None

    def _no_field(self, key: str, where: str, why: str) -> RecordError:
        return RecordError.of(
            "GATE304",
            f"the {where} `{key}` is called like a field of the record, and does not hold one: {why}",
            self.name,
            "mend the tag, or give it a name of its own",
        )

    def _notice(self, kind: str, what: str) -> None:
        self.notices.append({"kind": kind, "what": what})


def is_told(key: str) -> bool:
    """Does a tag say a field of the record: it is called like one, `risk`, `code.commit`, `suites`."""
    top, _, rest = key.partition(".")
    if top not in SHAPES or top in RESERVED:
        return False
    shape = SHAPES[top]
    return (
        not rest or top in {"facts", "seeds", "hyperparameters"} or (isinstance(shape, Group) and rest in shape.fields)
    )


def _plainly(written: str) -> Any:
    if written in {"true", "false"}:
        return written == "true"
    try:
        number = float(written) if re.fullmatch(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", written) else None
    except ValueError:
        number = None
    return int(written) if number is not None and _NUMBER.match(written) else number if number is not None else written


def _agree(one: Any, other: Any, *, numbers: bool = False) -> bool:
    """Do two values say the same; `numbers`: also where MLflow keeps a number or a flag as a text."""
    if not numbers or inplace.same(one, other):
        return inplace.same(one, other)
    if isinstance(one, bool) or isinstance(other, bool):
        return str(one).casefold() == str(other).casefold()
    try:
        return float(one) == float(other)
    except (TypeError, ValueError, OverflowError):
        return False


def _of(element: Any, key: str) -> Any:
    return element.get(key) if isinstance(element, dict) else None


def _within(piece: Record, element: Record) -> bool:
    """Does an element say all that a piece says."""
    return all(k in element and _agree(element[k], v) for k, v in piece.items())


def _folded(name: str) -> str:
    """A name without what people leave out or write in two ways: case, blanks and marks."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in text if c.isalnum()) or text


def _apart(piece: Any, rivals: Iterable[Any]) -> bool:
    """Is a piece on a data set on which nothing was measured, as far as names and digests tell."""
    if not isinstance(piece, dict) or not isinstance(piece.get("data_set"), str) or not piece["data_set"].strip():
        return False
    there = [(_folded(str(r.get("data_set", ""))), r.get("data_digest")) for r in rivals]
    own, digest = _folded(piece["data_set"]), piece.get("data_digest")
    return all(name and name != own and (digest is None or digest != other) for name, other in there)


def _elements(value: Any, key: str) -> Iterator[Any]:
    """The elements of a list, or of its short form: `{"numpy": "2.4.6"}`."""
    if isinstance(value, dict):
        for name, said in value.items():
            yield {key: name, **(said if isinstance(said, dict) else {"version": said})}
    elif isinstance(value, list):
        yield from value
    else:
        yield value


def _number_of(piece: Any) -> Any:
    return piece.get("value") if isinstance(piece, dict) else piece


def _shown(value: Any) -> str:
    """A value in a notice, not longer than a line."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else f"{text[:79]}…"
