"""What a version reads of files that another one wrote: plain values, which are the same whatever words reports use."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import shutil
from pathlib import Path
from typing import Any

from letpass.cli.main import run
from letpass.project.configuration import load
from letpass.project.project import Project

Found = dict[str, Any]
PROVED = ("--to", "production", "--then")
VERSIONS = (1, 2, 3, 4, 5)


def read(made: Path, copy: Path) -> Found:
    """All that is read of a version's folder; what reading leaves behind is left in `copy`, which is not there yet."""
    shutil.copytree(made, copy)
    at = (copy / "at.txt").read_text(encoding="utf-8").strip()
    with contextlib.chdir(copy / "company"):
        company = {
            "ledger": _ledger(),
            "checks": {f"fraud@{n}": _check(f"fraud@{n}", "--to", "production", "--at", at) for n in VERSIONS},
            "verified": {f"fraud@{n}": _code("verify", f"fraud@{n}", *PROVED, "--at", at) for n in VERSIONS},
            "replayed": {name: _code("replay", name) for name in _decisions()},
            "ledger verify": _code("ledger", "verify"),
            "trust show": _code("trust", "show"),
            "history": _code("history", "fraud"),
        }
    with contextlib.chdir(copy / "records"):
        records = {
            "replayed": _code("replay", "decision.json"),
            "stored": _decision(json.loads(Path("decision.json").read_text(encoding="utf-8"))),
            "line": sorted(json.loads(Path("decision.line").read_text(encoding="utf-8"))),
            "alone": _check("models/7.yaml", "--to", "production", "--at", "2026-03-02T12:00:00Z"),
        }
    return {"company": company, "records": records}


def _ledger() -> Found:
    """Every entry, by the digest of its exact text, and what is wrong with the log: nothing."""
    ledger = Project(load(Path.cwd())).ledger.reader()
    entries = list(ledger.entries())
    return {
        "entries": [
            [e.entry.kind, e.entry.model, e.entry.version, hashlib.sha256(e.text.encode()).hexdigest()] for e in entries
        ],
        "faults": list(ledger.audit().faults),
    }


def _decisions() -> list[str]:
    """The decisions that are stored: the ledger's by their numbers, and the proofs beside models."""
    entries = enumerate(Project(load(Path.cwd())).ledger.reader().entries())
    numbers = [str(n) for n, e in entries if e.entry.kind == "decision"]
    return [*numbers, *sorted(map(str, Path("models").rglob("*.decision.json")))]


def _check(*words: str) -> Found:
    """The verdict, what became of each rule, and which statements count."""
    _, out = _said("check", *words, "-o", "json")
    return _decision(json.loads(out))


def _decision(stored: Found) -> Found:
    said = stored["decision"]
    return {
        "verdict": said["verdict"],
        "rules": {r["id"]: r["outcome"] for p in said["policies"] for r in p["rules"]},
        "statements": {
            s["name"]: [s["kind"], s.get("person", ""), s["valid"], sorted(s.get("counted_for", []))]
            for s in said.get("statements", [])
        },
    }


def _code(*words: str) -> int:
    return _said(*words)[0]


def _said(*words: str) -> tuple[int, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(list(words))
    return int(code), out.getvalue() or err.getvalue()
