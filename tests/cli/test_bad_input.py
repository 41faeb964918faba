"""Bad input: a clear diagnostic or a refusal, never a traceback and never an allow."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.cli.conftest import POLICY, RECORD, Call, write

TO = ("--to", "production")
GOOD = RECORD.format("1", "0.95")

REFUSED = {
    "an unknown field": (
        GOOD + "licence: MIT\n",
        "error[GATE301]: unknown field `licence`",
        "a field like it exists: `license`",
    ),
    "half a file": (GOOD + "tags: {team: [", "error[GATE304]: not YAML: ", "quote texts"),
    "half a JSON file": ('{"model": "fraud", "version": "1"', "error[GATE304]: not JSON: ", "a value is missing"),
    "an empty file": ("", "error[GATE304]: the file is empty", "a record begins with"),
    "nothing but a comment": ("# later\n", "error[GATE304]: the file holds no data", "a record begins with"),
    "a list": ("- model: fraud\n", "error[GATE302]: a record is a mapping, not a list", "begin with `model:`"),
    "its own sign-offs": (
        GOOD + "signoffs: [{person: rita, role: risk}]\n",
        "error[GATE306]: a record holds no `signoffs`",
        "signed statements of their own",
    ),
    "its own waivers": (
        GOOD + "waivers: [good]\n",
        "error[GATE306]: a record holds no `waivers`",
        "signed statements of their own",
    ),
    "a key twice": (
        GOOD + "version: '2'\n",
        "error[GATE303]: the key `version` stands twice in one mapping",
        "keep one",
    ),
    "deep nesting": ("[" * 5000, "error[GATE305]: nested too deeply", "the deepest is 60"),
    "deep nesting in JSON": ('{"model":' + "[" * 100_000, "error[GATE305]: nested too deeply", ""),
    "no text": (b"\x00\xff\xfe", "error[GATE304]: not UTF-8: byte 1", "save it as UTF-8"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_record_that_does_not_read_is_refused(project: Path, call: Call, case: str) -> None:
    """Exit 2, the fault first, and what to write instead."""
    content, message, help_ = REFUSED[case]
    write(project / "bad.yaml", content)
    if "JSON" in case:
        (project / "bad.yaml").rename(project / "bad.json")

    code, out, err = call("check", "bad.json" if "JSON" in case else "bad.yaml", *TO)

    assert (code, out) == (2, "")
    assert err.startswith(message)
    assert help_ in err


WRITTEN = ("NaN", ".nan", "-.inf", '"0.95"', "true", "null", "95%", "1e999", "0,95", "1_0", "012", "1:30")


@pytest.mark.parametrize("value", WRITTEN)
def test_a_mistyped_value_is_unknown_and_shown_as_written(project: Path, call: Call, value: str) -> None:
    """What is no number is never read as one: undecided."""
    write(project / "bad.yaml", f"model: fraud\nversion: '9'\nmetrics:\n  accuracy: {value}\n")

    code, out, err = call("check", "bad.yaml", *TO)

    assert (code, err) == (3, "")
    assert f" accuracy: {value} is not a " in out
    assert "  = seen: bad.yaml, claimed: accuracy (line 4)\n" in out
    assert f"accuracy: {value} is not" in out


def test_fifty_megabytes_of_brackets_are_refused_quickly(project: Path, call: Call) -> None:
    """Neither a record nor a policy of that size is read to its end."""
    write(project / "large.yaml", b"[" * 50_000_000)
    write(project / "rules/large.policy", b"[" * 50_000_000)
    begun = time.monotonic()

    record = call("check", "large.yaml", *TO)
    policy = call("check", "fraud@1", *TO, "-p", "rules")

    assert record[:2] == policy[:2] == (2, "")
    assert record[2].startswith("error[GATE305]: 50,000,000 bytes are too many for a record\n")
    assert policy[2].startswith("error[GATE0")
    assert len(policy[2]) < 2000
    assert time.monotonic() - begun < 10


def test_every_error_of_a_policy_is_shown(project: Path, call: Call) -> None:
    """Thirty errors are thirty diagnostics, in the order of their lines, and a count."""
    rules = "".join(f"require r{n}: accuracy{n} >= 120%\n" for n in range(30))
    write(
        project / "policies/gate.policy",
        'policy gate: "Gate"\n  on promotion to production\nmetric accuracy: ratio\n' + rules,
    )

    code, out, err = call("check", "fraud@1", *TO)
    places = [line.strip() for line in err.splitlines() if line.lstrip().startswith("--> ")]

    assert (code, out) == (2, "")
    assert [p.rsplit(":", 2)[1] for p in places] == [str(n) for n in range(4, 34)]
    assert err.splitlines()[-1] == "30 errors"


@pytest.mark.parametrize("char", ["\u202e", "\u2066", "\u200b", "\ufeff"])
def test_a_policy_that_reads_otherwise_than_it_looks_is_refused(project: Path, call: Call, char: str) -> None:
    """Characters that turn or hide text are refused, and shown as their numbers."""
    write(project / "policies/gate.policy", POLICY.replace("accuracy >= 0.9", f'accuracy >= 0.9 because "{char}evil"'))

    code, out, err = call("check", "fraud@1", *TO)

    assert (code, out) == (2, "")
    assert err.startswith("error[GATE0")
    assert f"\\u{ord(char):04x}" in err.lower().replace("u+", "\\u")
    assert char not in err


def test_a_directory_where_a_policy_is_wanted(project: Path, call: Call) -> None:
    """A folder named like a policy is a folder."""
    (project / "policies/gate.policy").unlink()
    (project / "policies/gate.policy").mkdir()

    assert call("check", "fraud@1", *TO)[:2] == (2, "")


@pytest.mark.parametrize(
    ("named", "helps"),
    [
        ("fraud@2026-12", "a version like it exists: `2026-11`"),
        ("fraud@latest", "`policy show fraud` lists its versions, and their stages"),
        ("frad@4", "a model like it exists: `fraud`"),
        ("nothing@4", "there is no folder `models/nothing`; name a record by its path"),
    ],
)
def test_a_version_that_is_not_there_is_told_with_what_is(project: Path, call: Call, named: str, helps: str) -> None:
    """Its own name is asked for, and a stage or a tag is none."""
    write(project / "models/fraud/2026-11.yaml", "model: fraud\nversion: '2026-11'\n")
    code, _, err = call("check", named, "--to", "production")
    assert (code, f"= help: {helps}" in err) == (2, True), err


def test_an_unknown_champion_says_how_to_name_it(project: Path, call: Call) -> None:
    """A broken record in the registry leaves open who holds the stage; the remedy is not that of a rule that is missed."""
    rule = 'require no-worse: accuracy >= champion.accuracy\n  fix "train it longer"\n'
    write(project / "policies/gate.policy", POLICY + rule)
    write(project / "models/fraud/9.yaml", "model: [\n")

    code, out, _ = call("check", "fraud@1", "--to", "production")

    assert code == 3
    helps = [line for line in out.splitlines() if line.startswith("  = help:")]
    assert helps == [
        "  = help: name the champion: `--champion MODEL`, or `none` where nobody holds the stage",
        "  = help: train it longer",
    ]
