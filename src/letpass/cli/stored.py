"""Stored decisions, wherever they are kept: a file that `-o json` wrote, an entry of the ledger, a proof beside a model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from letpass import disk
from letpass.frozen import Frozen

if TYPE_CHECKING:
    from letpass.evaluation.decision import Decision
    from letpass.reports.interface import Entry

LARGEST = 256 << 20  # bytes
DEEPEST = 340
"""How deep a stored decision may nest: a condition of the deepest policy, with what stands around it, is below."""
LARGEST_INTEGER = 2**53


class Stored(Frozen):
    """The stored decisions of one place, each as `{decision, inputs}`; entry: where the ledger has them, where they come from it."""

    decisions: tuple[dict[str, Any], ...]
    entry: Entry | None = None


def read(name: str) -> Stored:
    """The decisions that a name means: a file, `-` for standard input, or the number of an entry of the project's ledger, also
    where a file is called so.

    Raises `UsageError` for what is none, and `LetpassError` for what does not read, or is not what the ledger has.
    """
    if name.isascii() and name.isdigit():
        return _of_entry(int(name))
    data, found = _parsed(name)
    if isinstance(found, dict) and "type" in found and "decision" not in found:
        return _of_proof(name, data)
    return Stored(tuple(_decisions(found)))


def again(entry: dict[str, Any]) -> Decision:
    """The decision that the inputs of a stored one give now; raises `UsageError` for one that is incomplete."""
    from letpass.gate import judgement

    try:
        return judgement.again(entry)
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration) as error:
        raise click.UsageError(f"this stored decision is incomplete: {error}") from None


def _of_entry(index: int, proved: str | None = None) -> Stored:
    from letpass.cli.commands.ledger import opened, project_ledger
    from letpass.diagnostics import Source
    from letpass.facts.document import read as document
    from letpass.lifecycle import kept

    text, entry = kept.decision(opened(project_ledger()), index, proved)
    name = f"entry {index} of the ledger.json"
    found = document(Source(name, text), largest=LARGEST, json=True, deepest=DEEPEST).data
    return Stored(tuple(_decisions(found)), entry)


def _of_proof(name: str, data: bytes) -> Stored:
    """The decision that a file beside a model proves, whose text lies in the ledger."""
    from letpass.cli.commands.ledger import project_ledger
    from letpass.diagnostics import InvalidError, StatementError, UnreachableError
    from letpass.ledger import proofs

    try:
        proof = proofs.read_decision_file(data).decision
    except InvalidError as error:
        raise StatementError.of("GATE413", f"no stored decision: {error}", name) from None
    found = project_ledger()
    if not found.there:
        what = "the file proves a decision, whose text lies in the ledger, and there is no ledger here"
        help_ = "replay it in the project that decided it, or the file that `policy check MODEL -o json=FILE` wrote"
        raise UnreachableError.of("GATE420", what, found.name, help_)
    return _of_entry(proof.index, proof.text)


def _bounded(file: str) -> bytes:
    with disk.opened(Path(file)) as opened:
        return opened.read(LARGEST + 1)


def _parsed(file: str) -> tuple[bytes, Any]:
    from letpass.diagnostics import RecordError, Source
    from letpass.facts.document import read as document

    try:
        data = sys.stdin.buffer.read(LARGEST + 1) if file == "-" else _bounded(file)
    except OSError as error:
        raise click.UsageError(f"cannot read `{file}`: {disk.reason(error)}") from None
    if len(data) > LARGEST:
        raise click.UsageError(f"`{file}` is larger than {LARGEST:,} bytes")
    name = "<stdin>.json" if file == "-" else file
    try:
        found = document(Source(name, data.decode("utf-8")), largest=LARGEST, json=True, deepest=DEEPEST).data
    except UnicodeDecodeError:
        raise RecordError.of("GATE304", "not UTF-8", name) from None
    if why := _beyond(found):
        help_ = "no decision that was stored has it: the file was changed, or cut short"
        raise RecordError.of("GATE305", why, name, help_)
    return data, found


def _beyond(data: Any) -> str:
    """Why plain data is none that a decision was ever stored as, nothing where it may be: a number has no one form."""
    left = [data]
    while left:
        value = left.pop()
        if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
            return f"`{str(value)[:20]}…` is too large for an exact number"
        if isinstance(value, float) and value - value != 0:
            return f"`{value}` is no finite number"
        left += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return ""


def _decisions(stored: Any) -> list[dict[str, Any]]:
    """The stored decisions of a file, their texts put back."""
    if isinstance(stored, dict) and "decision" in stored:
        return [stored]
    if not isinstance(stored, dict) or not isinstance(stored.get("decisions"), list):
        raise click.UsageError("this is no stored decision; make one with `policy check … -o json=FILE`")
    texts = stored.get("texts") or {}
    try:
        found = [_whole(entry, texts) for entry in stored["decisions"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise click.UsageError(f"this stored decision is incomplete: {error}") from None
    if not found:
        raise click.UsageError("this file holds no decision, and nothing to replay is no success")
    return found


def _whole(entry: dict[str, Any], texts: dict[str, str]) -> dict[str, Any]:
    inputs = dict(entry["inputs"])
    inputs["policies"] = {name: texts[key] for name, key in inputs["policies"].items()}
    if "dossier" in inputs:
        trust = inputs["dossier"]["trust"]
        inputs["dossier"] = {**inputs["dossier"], "trust": {**trust, "text": texts[trust["text"]]}}
    for key in ("record", "champion"):
        if key in inputs:
            inputs[key] = {**inputs[key], "text": texts[inputs[key]["text"]]}
            if "state" in inputs[key]:
                state = inputs[key]["state"]
                inputs[key]["state"] = {**state, "text": texts[state["text"]]}
    return {**entry, "inputs": inputs}
