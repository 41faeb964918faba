"""What lies beside a model version before anything is believed: the trust file, statements, and what the gate counted."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable
from typing import Any

from letpass.frozen import Frozen
from letpass.move import NO_STAGE, Move, Stage
from letpass.trust import bars
from letpass.trust.accepted import Hold, Made
from letpass.trust.bars import Bars
from letpass.trust.statements import StatementFile

MOST = 2000  # statements of one version


class Note(Frozen):
    """An entry of the ledger that nobody signed, by which a project without a trust file speaks: a revocation, a lift.

    digest: names the entry · of: digests of what it takes back · digests: of the bytes that it is about, besides `artifact`.
    """

    kind: str
    entry: int
    at: int
    digest: str
    model: str
    version: str
    artifact: str
    person: str
    reason: str
    of: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The note as plain data."""
        found = {**vars(self), "of": list(self.of), "digests": list(self.digests)}
        return found if self.digests else {k: v for k, v in found.items() if k != "digests"}


def names_of(same: Iterable[Collection[str]], digests: Iterable[str]) -> frozenset[str]:
    """All digests that are of the same bytes as one of these, by groups of digests that are; themselves included."""
    groups, found = list(same), {folded(d) for d in digests if d}
    for _ in groups:  # a chain of groups is no longer than their number
        grown = found.union(*[group for group in groups if not found.isdisjoint(group)])
        if grown == found:
            break
        found = grown
    return frozenset(found)


def folded(digest: str) -> str:
    """A digest as statements write it: people and tools write hexadecimal digits in capitals, too."""
    name, _, value = digest.partition(":")
    return f"{name if name == 'dirHash1' else name.lower()}:{value.lower()}"


class Bundle(Frozen):
    """All that is brought to one decision beside the record and the policies.

    trust: the trust file's bytes · root: its pinned first version · registry: what the model is registered in ·
    computed: the artifact's digests as the gate hashed it, none where it did not · bytes_at: where it found them · used: digests of
    requests that a move has used up · trust_name: where the trust file lies · reference: how the model is called · policies_at: where the policies lie · champion:
    the statements about the champion · holds: what the life of the version so far holds an allow back for · learned: which
    versions of the trust file the ledger has, by digest, and the entry of each · same: digests that are known to be of the
    same bytes, in groups · notes: what was said without a signature, where there is no trust file · made: what the gate found
    out of who made the version · also: who may have made other versions that words against are about · tries: how many candidates
    the ledger knows that were measured on a data set, by its name and digest · bars: whether those in force are older than the
    evidence, None where nothing asks it · loosened: rules that ask less than they did before, in words.
    """

    trust: bytes
    root: str
    registry: str
    statement_files: tuple[StatementFile, ...] = ()
    computed: tuple[str, ...] = ()
    bytes_at: str = ""
    used: tuple[str, ...] = ()
    trust_name: str = "trust.json"
    reference: str = ""
    policies_at: str = "policies"
    champion: tuple[StatementFile, ...] = ()
    holds: tuple[Hold, ...] = ()
    learned: tuple[tuple[str, int], ...] = ()
    same: tuple[tuple[str, ...], ...] = ()
    notes: tuple[Note, ...] = ()
    made: Made | None = None
    also: tuple[str, ...] = ()
    tries: tuple[tuple[str, str, int], ...] = ()
    bars: Bars | None = None
    loosened: tuple[str, ...] = ()

    def names_of(self, digests: Iterable[str]) -> frozenset[str]:
        """All digests that are known to be of the same bytes as one of these, themselves included."""
        return names_of(self.same, digests)

    def as_json(self) -> dict[str, Any]:
        """The bundle as plain data, for a replay."""
        return {
            "trust": {"name": self.trust_name, "text": self.trust.decode("utf-8"), "root": self.root},
            "registry": self.registry,
            "statements": [_stored(p) for p in self.statement_files],
            "champion": [_stored(p) for p in self.champion],
            "computed": list(self.computed),
            "bytes_at": self.bytes_at,
            "used": list(self.used),
            "reference": self.reference,
            "policies_at": self.policies_at,
            "holds": [[h.code, h.what, h.help] for h in self.holds],
            "learned": [list(known) for known in self.learned],
            "same": [list(group) for group in self.same],
            "notes": [note.as_json() for note in self.notes],
            **({"made": _made(self.made)} if self.made is not None else {}),
            **({"also": list(self.also)} if self.also else {}),
            **({"tries": [list(each) for each in self.tries]} if self.tries else {}),
            **({"bars": self.bars.as_json()} if self.bars is not None else {}),
            **({"loosened": list(self.loosened)} if self.loosened else {}),
        }


def from_json(data: dict[str, Any]) -> Bundle:
    """The bundle in plain data; raises KeyError, TypeError or AttributeError for something else."""
    trust = data["trust"]
    return Bundle(
        trust["text"].encode("utf-8"),
        str(trust["root"]),
        str(data["registry"]),
        tuple(_paper(p) for p in data["statements"]),
        tuple(str(d) for d in data["computed"]),
        str(data["bytes_at"]),
        tuple(str(u) for u in data["used"]),
        str(trust["name"]),
        str(data["reference"]),
        str(data["policies_at"]),
        tuple(_paper(p) for p in data["champion"]),
        tuple(Hold(str(code), str(what), str(help_)) for code, what, help_ in data["holds"]),
        tuple((str(digest), int(entry)) for digest, entry in data["learned"]),
        tuple(tuple(str(d) for d in group) for group in data["same"]),
        tuple(Note(**{**n, "of": tuple(n["of"]), "digests": tuple(n.get("digests", []))}) for n in data["notes"]),
        _made_of(data["made"]) if "made" in data else None,
        tuple(str(name) for name in data.get("also", [])),
        tuple((str(name), str(digest), int(count)) for name, digest, count in data.get("tries", [])),
        bars.from_json(data["bars"]) if "bars" in data else None,
        tuple(str(line) for line in data.get("loosened", [])),
    )


def _made_of(data: dict[str, Any]) -> Made:
    return Made(str(data["commit"]), str(data["author"]), data["protected"] is True, str(data["user"]))


def _made(made: Made) -> dict[str, Any]:
    return {"commit": made.commit, "author": made.author, "protected": made.protected, "user": made.user}


def _stored(statement_file: StatementFile) -> dict[str, Any]:
    """A statement file as plain data: as text where it is one, else in base64."""
    try:
        how = {"text": statement_file.data.decode("utf-8")}
    except UnicodeDecodeError:
        how = {"base64": base64.b64encode(statement_file.data).decode("ascii")}
    return {"name": statement_file.name, "logged": statement_file.logged, "entry": statement_file.entry, **how}


def _paper(data: dict[str, Any]) -> StatementFile:
    text = data["text"].encode("utf-8") if "text" in data else base64.b64decode(data["base64"])
    return StatementFile(str(data["name"]), text, data["logged"], data["entry"])


class Subject(Frozen):
    """What a request must be about to count now: one move of one version under one policy set.

    facts: the digest of the record without stage, deployments and observations · author: as the record names it ·
    makers: whatever the record says of who made it.
    """

    registry: str
    model: str
    version: str
    artifact: str
    move: Move
    policies: str
    facts: str
    author: str
    makers: tuple[str, ...] = ()

    @property
    def stage(self) -> Stage:
        """The stage that the move leads to, NO_STAGE where it leads to none."""
        return self.move.stage or NO_STAGE

    @property
    def name(self) -> str:
        """The version as people write it, `NAME@VERSION`."""
        return f"{self.model}@{self.version}"
