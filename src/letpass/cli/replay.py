"""`policy replay`: decide again from a stored decision, and compare."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from letpass.cli import options
from letpass.cli.exits import Exit

LARGEST = 256 << 20  # bytes
DEEPEST = 340
"""How deep a stored decision may nest: a condition of the deepest policy, with what stands around it, is below."""
LARGEST_INTEGER = 2**53


@click.command("replay", short_help="Decide again from a stored decision, and compare.")
@click.argument("file", metavar="FILE")
def command(file: str) -> Exit:
    """Decide again from the inputs that `policy check … -o json` stored, and compare with what it decided.

    Needs nothing but FILE (`-` for standard input).  Exit 0 where all is the same, 1 where something differs.

    \b
    Example:
      policy check examples/arrests/models/arrests/3.yaml --to production -o json | policy replay -
    """
    with options.diagnosed():
        from letpass import __version__
        from letpass.canonical import canonical

        entries = _entries(_read(file))
        if not entries:
            raise click.UsageError("this file holds no decision, and nothing to replay is no success")
        differing = 0
        for entry in entries:
            old, new = _replayed(entry)
            engine = old.pop("engine", "unknown")
            new.pop("engine")
            name = f"{old.get('model')}@{old.get('version')}"
            if engine != __version__:
                click.echo(f"note: decided by engine {engine}, replayed by {__version__}")
            if canonical(old) == canonical(new):
                click.echo(f"same  {_clean(name)}: {new['verdict']}")
                continue
            differing += 1
            click.echo(f"differs  {_clean(name)}: {old.get('verdict')} then, {new['verdict']} now")
            for path, was, now in list(_differences(old, new))[:10]:
                click.echo(f"  {_clean(path)}: {_clean(was)} then, {_clean(now)} now")
    return Exit.NO if differing else Exit.DONE


def _clean(text: object) -> str:
    from letpass.diagnostics import clean

    return clean(str(text))[:200]


def _bounded(file: str) -> bytes:
    with Path(file).open("rb") as opened:
        return opened.read(LARGEST + 1)


def _read(file: str) -> Any:
    from letpass.diagnostics import RecordError, Source
    from letpass.facts.document import read

    try:
        data = sys.stdin.buffer.read(LARGEST + 1) if file == "-" else _bounded(file)
    except OSError as error:
        raise click.UsageError(f"cannot read `{file}`: {(error.strerror or 'no reason given').lower()}") from None
    if len(data) > LARGEST:
        raise click.UsageError(f"`{file}` is larger than {LARGEST:,} bytes")
    name = "<stdin>.json" if file == "-" else file
    try:
        found = read(Source(name, data.decode("utf-8")), largest=LARGEST, json=True, deepest=DEEPEST).data
    except UnicodeDecodeError:
        raise RecordError.of("GATE304", "not UTF-8", name) from None
    if why := _beyond(found):
        raise RecordError.of(
            "GATE305", why, name, "no decision that was stored has it: the file was changed, or cut short"
        )
    return found


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


def _entries(stored: Any) -> list[dict[str, Any]]:
    """The stored decisions of a file, their texts put back."""
    if isinstance(stored, dict) and "decision" in stored:
        return [stored]
    if not isinstance(stored, dict) or not isinstance(stored.get("decisions"), list):
        raise click.UsageError("this is no stored decision; make one with `policy check … -o json=FILE`")
    texts = stored.get("texts") or {}
    try:
        return [_whole(entry, texts) for entry in stored["decisions"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise click.UsageError(f"this stored decision is incomplete: {error}") from None


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


def _replayed(entry: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    from letpass.gate import replay

    try:
        return replay(entry)
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration) as error:
        raise click.UsageError(f"this stored decision is incomplete: {error}") from None


def _differences(old: Any, new: Any, path: str = "") -> Any:
    """Where two decisions differ: path, then, now."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from _differences(old.get(key), new.get(key), f"{path}.{key}".lstrip("."))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for at, (a, b) in enumerate(zip(old, new, strict=True)):
            yield from _differences(a, b, f"{path}[{at}]")
    elif old != new:
        yield path, json.dumps(old, ensure_ascii=False), json.dumps(new, ensure_ascii=False)
