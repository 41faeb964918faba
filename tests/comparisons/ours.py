"""The same cases, judged by Letpass: records for the rules on numbers, a project with keys for the rule on people."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from base64 import b64decode
from pathlib import Path
from typing import Any

from letpass import FrozenGate, RecordError, parse_policies, parse_record
from letpass.facts.record import Holder
from tests.cli import office
from tests.comparisons.cases import CASES_OF, FORGED, Case, Document, measured
from tests.properties.versions import outcomes

HERE = Path(__file__).parent
POLICY = (HERE / "rules.policy").read_text(encoding="utf-8")
HEADER, _, _RULES = POLICY.partition("require")
RULES = dict(zip(("bound", "no_worse", "signed"), re.findall(r"^require .+$", POLICY, re.MULTILINE), strict=True))
PLAIN = {"no_worse": "require no-worse: accuracy >= champion.accuracy - 3 points"}
"""As the other languages say it: two numbers beside each other."""
OWN = "home/.ssh/id_ed25519"


def gate(rule: str, rules: dict[str, str] = RULES) -> FrozenGate:
    """The policy with one of its rules."""
    return FrozenGate(parse_policies({"rules.policy": f"{HEADER}{rules[rule]}\n"}))


def record(version: str, piece: Document | None) -> Document:
    """A record with one metric, or none."""
    return {"model": "m", "version": version, "metrics": {"accuracy": piece} if piece else {}}


def _numbers(case: Case) -> str:
    document = case.document
    champion = document.get("champion")
    beside: Any = Holder.NOBODY
    try:
        if champion is not None:
            beside = parse_record(json.dumps(record("1", champion)))
        read = parse_record(json.dumps(record("2", document.get("accuracy"))))
    except RecordError:
        return "error"
    found = gate(case.rule).verdict(read, "promotion to production", beside)
    return _word(found.verdict.value)


def _word(verdict: str) -> str:
    return {"allow": "allow", "deny": "deny"}.get(verdict, "undecided")


def _project(folder: Path) -> Path:
    """A project in which Anna's version 4, Vera's 5 and nobody's 6 wait for two validators."""
    office.build(folder)
    policy = folder / "policies/gate.policy"
    policy.write_text(f'policy gate: "Gate"\n  on promotion to production\n{RULES["signed"]}\n', encoding="utf-8")
    for version, author in ((5, "author: vera@corp.example\n"), (6, "")):
        artifact = office.write(folder / f"fraud-{version}.onnx", f"bytes {version}")
        digest = hashlib.sha256(artifact.read_bytes()).hexdigest()
        text = office.RECORD.format(version=version, accuracy=0.95, digest=digest)
        office.write(folder / f"models/fraud/{version}.yaml", text.replace("author: anna@corp.example\n", author))
    with _Within(folder):
        office.policy("sign", "policies", "--role", "policy-owner", "--key", OWN, "--yes")
        for version in (4, 5, 6):
            for old in Path(f"models/fraud/{version}").glob("*.json"):
                old.unlink()
            office.policy("request", f"fraud@{version}", "--to", "production", "--key", "bob")
    return folder


class _Within:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> None:
        self.before, self.home = Path.cwd(), os.environ.get("HOME", "")
        os.chdir(self.folder)
        os.environ["HOME"] = str(self.folder / "home")

    def __exit__(self, *_: object) -> None:
        os.chdir(self.before)
        os.environ["HOME"] = self.home


def _people(case: Case, folder: Path) -> str:
    version = {"anna": 4, "vera": 5, None: 6}[case.document.get("author")]
    with _Within(folder):
        for given in case.document["signoffs"]:
            key = OWN if given["by"] == "rosa" else given["by"]
            words = ["--role", "validator", "--key", key, "--yes"]
            if given["says"] == "approve":
                office.policy("sign", f"fraud@{version}", "--to", "production", *words)
            else:
                office.policy("reject", f"fraud@{version}", "--to", "production", "--reason", "no", *words)
        if case.name == FORGED:
            _forge(Path(f"models/fraud/{version}"))
        said = office.policy("check", f"fraud@{version}", "--to", "production", "-o", "json")
    return _word(json.loads(said)["decision"]["verdict"])


def _forge(folder: Path) -> None:
    """Breaks the signature under the second sign-off, which still says that it is Vito's."""
    files = [p for p in folder.glob("*.json") if "vito" in _payload(p)]
    assert len(files) == 1
    document = json.loads(files[0].read_text(encoding="utf-8"))
    signature = document["signatures"][0]["sig"]
    document["signatures"][0]["sig"] = signature[:-12] + signature[-12:].swapcase()
    files[0].write_text(json.dumps(document), encoding="utf-8")


def _payload(path: Path) -> str:
    return b64decode(json.loads(path.read_text(encoding="utf-8"))["payload"]).decode()


def answers() -> list[str]:
    """`allow`, `deny`, `undecided` or `error` of each case."""
    found = []
    with tempfile.TemporaryDirectory() as place:
        project = _project(Path(place) / "project")
        for number, case in enumerate(CASES_OF):
            if case.rule == "signed":
                found.append(_people(case, Path(shutil.copytree(project, Path(place) / str(number)))))
            else:
                found.append(_numbers(case))
    return found


def passed(drawn: list[tuple[list[bool], list[bool]]], rules: dict[str, str]) -> int:
    """How many candidates of the drawn pairs are let through, each compared with its champion."""
    judge = gate("no_worse", rules)
    return sum(
        judge.verdict(_drawn("2", one), "promotion to production", _drawn("1", other)).verdict.value == "allow"
        for one, other in drawn
    )


def _drawn(version: str, right: list[bool]) -> Any:
    piece = measured(sum(right) / len(right)) | {"outcomes": {"cases": "sha256:" + "ab" * 32, "right": outcomes(right)}}
    return parse_record(json.dumps(record(version, piece)))
