"""Every door through which a document comes: numbers that no double holds, nests without end, keys that stand twice,
half characters.  Each is an answer of the program, and never a crash."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.cli.conftest import OWN, Call, asked_among, write

NINES = "9" * 5000
# JSON, which is YAML too
VALUES = {
    "a large integer": str(2**60),
    "a huge integer": NINES,
    "a huge exponent": "1e400",
    "a huger exponent": "-1e999999999",
    "no number": "NaN",
    "infinity": "-Infinity",
    "lists in each other": "[" * 900 + "]" * 900,
    "mappings in each other": '{"a":' * 900 + "1" + "}" * 900,
    "half a character": '"\\ud800"',
    "a key twice": '{"a": 1, "a": 2}',
    "a list": "[1]",
    "nothing": "null",
    "a mark that turns": '"\\u202e"',
}
TEXTS = {
    "lists without end": "[" * 200_000,
    "mappings without end": '{"a":' * 200_000,
    "lines without end": "- " * 20_000,
    "nothing at all": "",
    "bytes of no text": "\x00\x01",
    "a half text": '{"model": "m", "version',
    "aliases of aliases": "a: &a [x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n",
    "a tag": "a: !!python/object/apply:os.system [x]\n",
    "an odd date": "a: 2001-99-99\n",
}
ANSWERS = {0, 1, 2, 3}
MARK = "@@ here @@"


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all values of plain data."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from places(each, (*path, key))


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """Plain data with another value at a path."""
    if not path:
        return new
    if isinstance(value, dict):
        return {k: put(v, path[1:], new) if k == path[0] else v for k, v in value.items()}
    return [put(v, path[1:], new) if k == path[0] else v for k, v in enumerate(value)]


def hostile(data: Any, *, most: int) -> Iterator[tuple[str, str]]:
    """Documents made of a valid one, with their names: an odd value at its places, as many as `most`, and odd wholes."""
    random, paths = Random(14), [p for p in places(data) if p]
    for name, odd in VALUES.items():
        for path in random.sample(paths, min(most, len(paths))):
            yield f"{name} at {path}", json.dumps(put(data, path, MARK)).replace(json.dumps(MARK), odd)
        yield name, odd
    yield from TEXTS.items()


def answers(call: Call, path: Path, data: Any, commands: list[tuple[str, ...]], *, most: int = 3) -> None:
    """Each hostile document in the place of a valid one: every command answers, and no text of it runs through."""
    kept = path.read_bytes() if path.exists() else None
    for name, text in hostile(data, most=most):
        write(path, text.encode("utf-8", "surrogatepass"))
        for command in commands:
            code, out, err = call(*command)

            assert (code in ANSWERS, "Traceback" in err) == (True, False), (name, command, code, out[-500:], err[-500:])
    if kept is not None:
        path.write_bytes(kept)


RECORD: dict[str, Any] = {
    "model": "fraud",
    "version": "9",
    "author": "anna@corp.example",
    "metrics": {"accuracy": {"value": 0.95, "data_set": "h", "samples": 100, "slices": [{"group": "a", "value": 0.9}]}},
    "code": {"commit": "0a1b2c", "dirty": False},
    "suites": [{"name": "s", "passed": True, "ran_at": "2026-11-20T10:00:00Z"}],
    "expires_at": "2027-01-01",
    "facts": {"x": 1},
}


@pytest.mark.parametrize("name", ["9.json", "9.yaml"])
def test_a_record_is_read_or_refused(project: Path, call: Call, name: str) -> None:
    """As a record in hand, as the champion's, and in the folder of a registry."""
    path = write(project / "models/fraud" / name, json.dumps(RECORD))
    check = ("check", f"models/fraud/{name}", "--to", "production")
    assert call(*check)[0] == 0
    champion = ("check", "models/fraud/1.yaml", "--to", "production", "--champion", f"models/fraud/{name}")

    answers(call, path, RECORD, [check, (*check, "-o", "json"), champion, ("show", "fraud")])


def test_a_stored_decision_is_replayed_or_refused(project: Path, call: Call) -> None:
    """`policy replay` of what somebody has changed."""
    assert call("check", "models/fraud/1.yaml", "--to", "production", "-o", "json=decision.json")[0] == 0
    stored = project / "decision.json"
    assert call("replay", "decision.json")[0] == 0

    answers(call, stored, json.loads(stored.read_text(encoding="utf-8")), [("replay", "decision.json")], most=25)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (str(2**60), "is too large for an exact number"),
        ("1e400", "`inf` is no finite number"),
        ("[" * 400 + "]" * 400, "the deepest is 340"),
    ],
)
def test_what_no_decision_was_stored_with_is_refused_by_its_reason(
    project: Path, call: Call, value: str, why: str
) -> None:
    """Beside the place where it stands, the decision is the same, and replays without it."""
    call("check", "models/fraud/1.yaml", "--to", "production", "-o", "json=decision.json")
    text = (project / "decision.json").read_text(encoding="utf-8")
    assert call("replay", "decision.json")[0] == 0
    write(project / "decision.json", text.replace('"considered"', f'"more": {value}, "considered"', 1))

    code, _, err = call("replay", "decision.json")

    assert (code, "GATE305" in err, why in err) == (2, True, True), err


def test_a_statement_is_counted_or_told(office: Path, call: Call) -> None:
    """One that lies beside a version, and one that is given."""
    data = json.loads((office / asked_among(office)).read_text(encoding="utf-8"))
    path = office / "models/fraud/4/aaaa.json"
    commands = [("check", "fraud@4", "--to", "production"), ("pending",)]

    answers(call, path, data, commands)
    path.unlink()
    answers(call, office / "given/a.json", data, [(*commands[0], "--statements", "given")])


def test_a_trust_file_is_verified_or_refused(office: Path, call: Call) -> None:
    """The one in force, and the change that waits."""
    trust = office / "trust.json"
    call("trust", "add", "role", "board", "--member", "vera@corp.example")
    next_ = office / "trust.next.json"
    check = ("check", "fraud@4", "--to", "production")

    answers(call, trust, json.loads(trust.read_text(encoding="utf-8")), [check, ("trust", "check")])
    commands = [("trust", "check"), ("trust", "sign", "--yes", "--key", OWN), ("lint",), ("sign", "x", "--key", "none")]
    answers(call, next_, json.loads(next_.read_text(encoding="utf-8")), commands, most=1)


def test_state_cases_and_lists_are_read_or_refused(project: Path, call: Call) -> None:
    """`state.yaml`, cases of policies, a list of holders."""
    state = {"1": {"stage": "production", "deployments": [{"endpoint": "https://a.example", "since": "2026-11-20"}]}}
    answers(call, project / "models/fraud/state.yaml", state, [("show", "fraud"), ("doctor",)])
    (project / "models/fraud/state.yaml").unlink()
    cases = [{"name": "a", "record": RECORD, "move": "promotion to production", "expect": "allow"}]
    answers(call, project / "policies/gate.cases.yaml", cases, [("test",)])
    listed = {"holders": [{"model": "fraud", "version": "1", "stage": "production", "artifact": ""}]}
    answers(call, project / "list.json", listed, [("adopt", "--from", "list.json", "--reason", "x")])


def test_the_checkpoint_of_a_ledger_is_verified_or_refused(office: Path, call: Call) -> None:
    """The head that lies beside the project, and the proofs beside a decision."""
    assert call("sign", "policies", "--role", "policy-owner", "--key", OWN)[0] == 0
    head = office / "ledger.checkpoint"
    kept = head.read_text(encoding="utf-8")
    commands = [("ledger", "verify"), ("check", "fraud@4", "--to", "production")]
    lines = kept.split("\n")
    wholes = [*VALUES.values(), *TEXTS.values()]
    for text in (*wholes, *("\n".join([*lines[:1], odd, *lines[2:]]) for odd in wholes)):
        write(head, text.encode("utf-8", "surrogatepass"))
        for command in commands:
            assert call(*command)[0] in {*ANSWERS, 4}, (command, text[:50])
    write(head, kept)
    assert call("ledger", "verify")[0] == 0


def _toml(value: str) -> str:
    return f'protected = ["production"]\nplugins = {value}\n'


@pytest.mark.parametrize(
    "write_", [_toml, lambda v: f"[trust]\nfile = {v}\n", lambda v: v, lambda v: f"[[events]]\non = {v}\n"]
)
def test_a_configuration_is_read_or_refused(project: Path, call: Call, write_: Callable[[str], str]) -> None:
    """`policy.toml`, whatever stands in it."""
    for name, odd in {**VALUES, **TEXTS}.items():
        write(project / "policy.toml", write_(odd).encode("utf-8", "surrogatepass"))

        assert call("lint")[0] in ANSWERS, name
