"""What lies beside a model version before anything is believed: the trust file, statements, and what the gate counted."""

from __future__ import annotations

import base64
from typing import Any

from letpass.frozen import Frozen
from letpass.move import NO_STAGE, Move, Stage
from letpass.trust.accepted import Hold, Made

MOST = 2000  # statements of one version


class Paper(Frozen):
    """A statement's bytes, where they lie, and when the ledger first logged them, in microseconds (None: not yet)."""

    name: str
    data: bytes
    logged: int | None = None


class Dossier(Frozen):
    """All that is brought to one decision beside the record and the policies.

    trust: the trust file's bytes · root: its pinned first version · registry: what the model is registered in ·
    computed: the artifact's digest as the gate hashed it, or nothing · bytes_at: where it found them · used: digests of
    requests that a move has used up · trust_name: where the trust file lies · reference: how the model is called · policies_at: where the policies lie · champion:
    the statements about the champion · holds: what the life of the version so far holds an allow back for · made: what the
    gate found out of who made the version.
    """

    trust: bytes
    root: str
    registry: str
    papers: tuple[Paper, ...] = ()
    computed: str = ""
    bytes_at: str = ""
    used: tuple[str, ...] = ()
    trust_name: str = "trust.json"
    reference: str = ""
    policies_at: str = "policies"
    champion: tuple[Paper, ...] = ()
    holds: tuple[Hold, ...] = ()
    made: Made | None = None

    def as_json(self) -> dict[str, Any]:
        """The dossier as plain data, for a replay."""
        return {
            "trust": {"name": self.trust_name, "text": self.trust.decode("utf-8"), "root": self.root},
            "registry": self.registry,
            "statements": [_stored(p) for p in self.papers],
            "champion": [_stored(p) for p in self.champion],
            "computed": self.computed,
            "bytes_at": self.bytes_at,
            "used": list(self.used),
            "reference": self.reference,
            "policies_at": self.policies_at,
            **({"holds": [[h.code, h.what, h.help] for h in self.holds]} if self.holds else {}),
            **({"made": _made(self.made)} if self.made is not None else {}),
        }


def from_json(data: dict[str, Any]) -> Dossier:
    """The dossier in plain data; raises KeyError, TypeError or AttributeError for something else."""
    trust = data["trust"]
    return Dossier(
        trust["text"].encode("utf-8"),
        str(trust["root"]),
        str(data["registry"]),
        tuple(_paper(p) for p in data["statements"]),
        str(data["computed"]),
        str(data["bytes_at"]),
        tuple(str(u) for u in data["used"]),
        str(trust["name"]),
        str(data["reference"]),
        str(data["policies_at"]),
        tuple(_paper(p) for p in data["champion"]),
        tuple(Hold(str(code), str(what), str(help_)) for code, what, help_ in data.get("holds", ())),
        _made_of(data["made"]) if "made" in data else None,
    )


def _made_of(data: dict[str, Any]) -> Made:
    return Made(str(data["commit"]), str(data["author"]), data["protected"] is True, str(data["user"]))


def _made(made: Made) -> dict[str, Any]:
    return {"commit": made.commit, "author": made.author, "protected": made.protected, "user": made.user}


def _stored(paper: Paper) -> dict[str, Any]:
    """A paper as plain data: as text where it is one, else in base64."""
    try:
        how = {"text": paper.data.decode("utf-8")}
    except UnicodeDecodeError:
        how = {"base64": base64.b64encode(paper.data).decode("ascii")}
    return {"name": paper.name, "logged": paper.logged, **how}


def _paper(data: dict[str, Any]) -> Paper:
    text = data["text"].encode("utf-8") if "text" in data else base64.b64decode(data["base64"])
    return Paper(str(data["name"]), text, data["logged"])


class Matter(Frozen):
    """What a request must be about to count now: one move of one version under one policy set.

    facts: the digest of the record without stage, deployments and observations · author: as the record names it.
    """

    registry: str
    model: str
    version: str
    artifact: str
    move: Move
    policies: str
    facts: str
    author: str

    @property
    def stage(self) -> Stage:
        """The stage that the move leads to, NO_STAGE where it leads to none."""
        return self.move.stage or NO_STAGE

    @property
    def name(self) -> str:
        return f"{self.model}@{self.version}"
