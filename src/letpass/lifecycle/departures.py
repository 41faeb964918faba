"""Versions that left their stage while the ledger was out of reach: kept in files here, and logged first when it is back.

Nothing is asked of a version that leaves, so that taking one away in an emergency does not wait for a database.  A file is
written before the registry moves, and gets its last name behind it; of one that did not, the registry is asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from letpass import disk
from letpass.diagnostics import InvalidError, UnreachableError
from letpass.frozen import replace
from letpass.ledger import history, lease
from letpass.ledger.history import BEGUN, DONE, Step
from letpass.move import ARCHIVED, Stage
from letpass.project.project import Project
from letpass.trust import strict

FOLDER = "leaving"
"""Where the files lie, in `.letpass/` of the project."""
RETIREMENT = "retirement"
"""The one kind of move that is kept here."""
MADE, ASKED = ".made.json", ".asked.json"
LARGEST = 20_000  # bytes of a file
_TEXTS = ("model", "version", "artifact", "kind", "stage", "nonce", "actor", "reason", "holder", "made")


def keep(project: Project, step: Step, now: int, make: Callable[[], object]) -> Step:
    """Let a version leave its stage, with a file in the place of the entry; raises `UnreachableError` where none can be written."""
    begun = replace(step, state=BEGUN, holder=lease.holder(), until=now + lease.LEASE)
    folder = project.configuration.path(".letpass") / FOLDER
    path = folder / f"{begun.nonce}{ASKED}"
    entry = history.entry(begun)
    said = {
        **{k: entry.data.get(k, "") for k in ("kind", "stage", "nonce", "actor", "reason", "holder", "until")},
        "model": entry.model, "version": entry.version, "artifact": entry.artifact, "at": strict.written(now),
        "made": project.registry.makings(entry.model).get(entry.version, ""),
    }  # fmt: skip
    with lease.held(begun.nonce):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            disk.replace(path, json.dumps(said, ensure_ascii=False).encode("utf-8"), durable=True)
        except OSError as error:
            what = f"the ledger is out of reach, and that a version leaves cannot be kept either: {disk.reason(error)}"
            raise UnreachableError.of("GATE420", what, str(path)) from None
        make()
        path.rename(folder / f"{begun.nonce}{MADE}")
    return replace(begun, state=DONE)


def log(project: Project, now: int) -> int:
    """Log what was kept while the ledger was out of reach; how many files there were.  Raises as `Project.log` does."""
    # one that is being made now ends by itself
    found = [
        (path, step, made)
        for path, step, made in _kept(project)
        if step.state == DONE or lease.is_over(step, now, elsewhere=project.registry.remote)
    ]
    for path, step, made in found:
        _own_nonce(project, path, step)
        entry = history.entry(step)
        # it is of the registry and of the making of the version that it was then
        project.log([replace(entry, made=made)], now)
        path.unlink(missing_ok=True)
    return len(found)


def _own_nonce(project: Project, path: Path, step: Step) -> None:
    """Raise `UnreachableError` where a file bears the nonce of another move, and would end that."""
    known = (s for s in project.past(step.model).steps if s.nonce == step.nonce)
    if any((s.kind, s.version) != (step.kind, step.version) for s in known):
        what = f"what was kept while the ledger was out of reach bears the nonce of another move of {step.model}"
        raise UnreachableError.of("GATE420", what, str(path), "look at the file, and take it away")


def waiting(project: Project) -> Iterator[Step]:
    """What was kept and is not logged yet; raises `UnreachableError` where a file does not read."""
    yield from (step for _, step, _ in _kept(project))


def _kept(project: Project) -> Iterator[tuple[Path, Step, str]]:
    folder = project.configuration.path(".letpass") / FOLDER
    for path in _files(folder):
        try:
            said = strict.loads(disk.read(path, LARGEST), LARGEST)
            step, made = _step(said, done=path.name.endswith(MADE))
        except FileNotFoundError:
            continue  # another process has logged it just now
        except (OSError, InvalidError) as error:
            why = disk.reason(error) if isinstance(error, OSError) else str(error)
            what = f"cannot read what was kept while the ledger was out of reach: {why}"
            raise UnreachableError.of("GATE420", what, str(path), "look at the file, and take it away") from None
        yield path, step, made


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(p for p in folder.iterdir() if p.suffix == ".json")
    except FileNotFoundError:
        return []
    except OSError as error:
        what = f"cannot read what was kept while the ledger was out of reach: {disk.reason(error)}"
        raise UnreachableError.of("GATE420", what, str(folder), "make the folder readable") from None


def _step(said: object, *, done: bool) -> tuple[Step, str]:
    if not isinstance(said, dict) or not all(isinstance(v, str) for v in said.values()):
        raise InvalidError("it is no object of texts")
    texts = {k: str(said.get(k, "")) for k in _TEXTS}
    if not (texts["model"] and texts["version"] and texts["nonce"]):
        raise InvalidError("it names no version")
    if (texts["kind"], Stage(texts["stage"])) != (RETIREMENT, ARCHIVED):
        # whoever can put a file here would else bring a version into a stage, or have it served
        raise InvalidError("it lets a version do something else than leave its stage")
    at = strict.instant(said.get("at"))
    reason = f"{texts['reason']} (left at {said['at']}, while the ledger was out of reach)".strip()
    step = Step(
        0, at, texts["model"], texts["version"], texts["artifact"], DONE if done else BEGUN, texts["kind"],
        Stage(texts["stage"]), texts["nonce"], actor=texts["actor"], reason=reason, holder=texts["holder"],
        until=strict.instant(said["until"]) if said.get("until") else 0,
    )  # fmt: skip
    return step, texts["made"]
