"""Files of shards: canonical JSON with a digest of itself, read strictly.

The digest finds what was cut short or edited by accident.  Whoever can write the files can write another digest too, so a report
that is made of them is believed as far as they are; it moves nothing, and no gate takes it for an allow.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from letpass import disk
from letpass.canonical import canonical, digest
from letpass.diagnostics import InvalidError, ShardError
from letpass.frozen import Frozen
from letpass.lifecycle.shards.header import Header
from letpass.registries import shards
from letpass.registries.shards import Shard
from letpass.trust import strict

SCHEMA = "letpass.shard/v1"
LARGEST = 256 << 20
"""Bytes of a file."""
UNREAD = "GATE441"
"""The code of a file that is no shard, or not what was written."""
_TEXTS = ("command", "shard", "registry", "engine", "digest")
_SET, _STATE = ("policies", "trust", "commit"), ("size", "root")
_DIGEST = re.compile(r"(?:sha256:[0-9a-f]{64})?")
_KEYS = {"schema", "at", "counts", "parts", "set", "state", *_TEXTS}


class File(Frozen):
    """A shard as it was read: the file's name, what it is of, how many there are of each kind of its parts, and the parts."""

    name: str
    header: Header
    counts: Mapping[str, int]
    parts: Mapping[str, Any]


def written(header: Header, counts: Mapping[str, int], parts: Mapping[str, Any]) -> str:
    """The text of a shard; raises `ShardError` for one that nobody would read."""
    whole: dict[str, Any] = {
        "schema": SCHEMA, "command": header.command, "shard": str(header.shard), "at": strict.written(header.at),
        "registry": disk.shown(header.registry),
        "set": {"policies": header.policies, "trust": header.trust, "commit": header.commit},
        "state": {"size": header.size, "root": header.root}, "engine": header.engine,
        "counts": dict(counts), "parts": dict(parts),
    }  # fmt: skip
    # no build server that reads a log finds a command in it
    text = canonical({**whole, "digest": digest(whole)}).decode("utf-8").replace("##", "#\\u0023") + "\n"
    if len(text.encode("utf-8")) > LARGEST:
        what = f"shard {header.shard} would have more than {LARGEST:,} bytes"
        raise ShardError.of(UNREAD, what, help="take more shards")
    return text


def read(name: str) -> File:
    """The shard in a file; raises `ShardError` for what is none, was changed or cut short, or is of another version's form."""
    try:
        with disk.opened(Path(name)) as file:
            data = file.read(LARGEST + 1)
        found = strict.loads(data, LARGEST)
        return _file(name, found)
    except OSError as error:
        raise unread(name, f"it cannot be read: {disk.reason(error)}") from None
    except InvalidError as error:
        raise unread(name, str(error)) from None


def unread(name: str, why: str) -> ShardError:
    """What to raise where a file is no shard, or not what was written."""
    help_ = "make this shard anew, with the `--at` of the others"
    return ShardError.of(
        UNREAD, f"`{disk.shown(name)}` is no shard that can be believed: {why}", disk.shown(name), help_
    )


def _file(name: str, found: Any) -> File:
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        said = found.get("schema") if isinstance(found, dict) else None
        of = f"its schema is `{strict.plain(said)}`" if isinstance(said, str) else "it has no schema"
        raise InvalidError(f"{of}, and that of a shard is `{SCHEMA}`")
    if found.keys() != _KEYS:
        odd = ", ".join(f"`{strict.plain(k)}`" for k in sorted(found.keys() ^ _KEYS)[:3])
        raise InvalidError(f"its fields are not those of a shard: {odd}")
    if found["digest"] != digest({k: v for k, v in found.items() if k != "digest"}):
        raise InvalidError("it was changed or cut short since it was written: its digest is not that of what it says")
    texts = {key: _text(found, key) for key in _TEXTS}
    said_set, state = _object(found, "set", _SET), _object(found, "state", _STATE)
    digests = {key: _text(said_set, key) for key in _SET}
    size = state["size"]
    if type(size) is not int or size < 0 or not all(_DIGEST.fullmatch(digests[k]) for k in ("policies", "trust")):
        raise InvalidError("its state is no head of a ledger, or its set none of digests")
    header = Header(
        texts["command"], shards.read(texts["shard"]), strict.instant(found["at"]), texts["registry"], digests["policies"],
        digests["trust"], digests["commit"], size, _text(state, "root"), texts["engine"],
    )  # fmt: skip
    counts, parts = found["counts"], found["parts"]
    if not isinstance(parts, dict) or not isinstance(counts, dict) or not all(type(n) is int for n in counts.values()):
        raise InvalidError("its parts are no object, or its counts no numbers")
    return File(name, header, counts, parts)


def _text(found: Mapping[str, Any], key: str) -> str:
    value = found[key]
    if not isinstance(value, str):
        raise InvalidError(f"its `{key}` is no text")
    return value


def _object(found: Mapping[str, Any], key: str, keys: tuple[str, ...]) -> Mapping[str, Any]:
    value = found[key]
    if not isinstance(value, dict) or value.keys() != set(keys):
        raise InvalidError(f"its `{key}` does not hold {', '.join(keys)}")
    return value


def is_of(shard: Shard, model: str) -> None:
    """Raise `InvalidError` for a model that another shard has; what has no model may be in any."""
    if model and not shard.has(model):
        theirs = shards.part_of(model, shard.of)
        raise InvalidError(
            f"it is shard {shard}, and speaks of `{strict.plain(model)}`, which is in shard {theirs}/{shard.of}"
        )
