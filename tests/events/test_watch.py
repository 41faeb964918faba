"""The line that whoever watches reads of a decision: silent unless asked for, one line whatever stands in it, and of a bounded length."""

from __future__ import annotations

import json
import logging
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from letpass.diagnostics import InvalidError
from letpass.events import watch
from letpass.events.watch import Became, Line

HOSTILE = (
    "a\nat=2026 decision door=mlflow verdict=allow", "a\r\nb", "\x1b[2Kgone", "\u2028line", "\x85next", "a\x00b", "\u202egnp",
    '" verdict=allow "', "##vso[task.complete]", "::error::x", "\ud800", "\\", "{}", "ü",
)  # fmt: skip
WHOLE = Line(
    "mlflow", Became.ALLOW, "vera@corp.example", "fraud@4", "promotion to production", 7, "sha256:ab", 200, "", 12.345, "r-1"
)  # fmt: skip


@pytest.fixture(name="configured", params=watch.FORMS)
def _configured(request: pytest.FixtureRequest) -> Iterator[str]:
    """A process in which lines are written, in each of their forms."""
    watch.written(request.param)
    yield request.param
    watch.written("")


def test_nothing_is_written_unless_the_program_or_the_variable_says_so() -> None:
    """Not even of an error, and not even where no handler was ever set up."""
    code = "from letpass.events import watch\nwatch.note(watch.Became.ALLOW, 'a@1', 'registration')\nwatch.note(watch.Became.ERROR, 'a@1', 'registration')\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert (done.stdout, done.stderr) == (b"", b"")


def test_a_program_that_configures_logging_reads_the_line_and_its_fields(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "letpass"), watch.call("Gate.decide", "r-1"):
        watch.note(Became.DENY, "fraud@4", "promotion to production", 7, "sha256:ab")

    (record,) = caplog.records
    ms = record.letpass.pop("ms")  # type: ignore[attr-defined]
    assert (record.name, record.levelname) == ("letpass", "INFO")
    assert record.getMessage() == (
        f'decision door=Gate.decide verdict=deny what=fraud@4 move="promotion to production" entry=7 decision_id=sha256:ab ms={ms} request_id=r-1'
    )
    assert record.letpass == {  # type: ignore[attr-defined]
        "door": "Gate.decide", "verdict": "deny", "what": "fraud@4", "move": "promotion to production", "entry": 7,
        "decision_id": "sha256:ab", "request_id": "r-1",
    }  # fmt: skip


def test_a_line_says_all_that_is_known_and_nothing_that_is_not() -> None:
    assert WHOLE.fields == {
        "door": "mlflow", "verdict": "allow", "who": "vera@corp.example", "what": "fraud@4", "move": "promotion to production",
        "entry": 7, "decision_id": "sha256:ab", "code": 200, "ms": 12.3, "request_id": "r-1",
    }  # fmt: skip
    assert Line("policy", Became.ERROR, entry=0, code=0).fields == {
        "door": "policy",
        "verdict": "error",
        "entry": 0,
        "code": 0,
        "ms": 0.0,
    }


@pytest.mark.parametrize("text", HOSTILE)
def test_nobody_forges_a_second_line_or_another_field(
    configured: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever names a model, an alias or themselves."""
    with watch.call(text, text) as call:
        call.who = text
        watch.note(Became.DENY, text, text, 3, "sha256:ab")

    said = capsys.readouterr().err
    assert re.fullmatch(r"[ -~]+\n", said), said
    assert not re.search(r"##\[|##vso", said)
    if configured == "json":
        found: dict[str, Any] = json.loads(said)
        assert (found["verdict"], found["entry"], list(found)[:4]) == ("deny", 3, ["at", "level", "door", "verdict"])
    else:
        fields = [w.partition("=")[0] for w in shlex.split(said.partition(" decision ")[2].replace("\\\\", ""))]
        assert fields == ["door", "verdict", "who", "what", "move", "entry", "decision_id", "ms", "request_id"]
        assert said.count("verdict=deny") == 1


@pytest.mark.parametrize("letter", ["a", "\n", "\u202e", '"'])
def test_a_line_is_of_a_bounded_length_and_shows_both_ends_of_a_long_name(
    configured: str, letter: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with watch.call("mlflow", letter * 9_000) as call:
        call.who = letter * 9_000
        watch.note(Became.ALLOW, f"model{letter * 9_000}@4", letter * 9_000)

    said = capsys.readouterr().err
    assert len(said) < 10_000
    assert re.search(r"what\W+model.*@4\b", said)


def test_a_call_without_a_decision_has_a_line_where_it_was_refused(caplog: pytest.LogCaptureFixture) -> None:
    """And none where nothing became of it: a question, or what is free."""

    def fails() -> None:
        with watch.call("mlflow") as call:
            call.what, call.move, call.who, call.became, call.code = "a@1", "alias champion", "anna", Became.ERROR, 503
            raise KeyError

    with caplog.at_level(logging.INFO, "letpass"):
        with watch.call("mlflow"):
            pass
        with pytest.raises(KeyError):
            fails()

    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert re.sub(r" ms=[\d.]+", "", record.getMessage()) == (
        'decision door=mlflow verdict=error who=anna what=a@1 move="alias champion" code=503'
    )


def test_every_decision_of_a_call_has_a_line_and_together_they_took_its_time() -> None:
    """A promotion may decide on the registration first."""
    with watch.call("mlflow", "r-1") as call:
        watch.note(Became.ALLOW, "a@1", "registration", 0)
        threading.Event().wait(0.02)
        watch.note(Became.DENY, "a@1", "promotion to production", 1)
        threading.Event().wait(0.02)
        call.code = 403

    first, second = call.told
    assert [(line.verdict, line.entry, line.code, line.request) for line in call.told] == [
        (Became.ALLOW, 0, 403, "r-1"),
        (Became.DENY, 1, 403, "r-1"),
    ]
    assert first.ms < 20 <= 40 <= second.ms + 1


def test_calls_in_several_threads_and_within_each_other_keep_apart() -> None:
    def ask(name: str, found: list[watch.Call]) -> None:
        with watch.call("outer", name) as outer:
            with watch.call("inner", name) as inner:
                watch.note(Became.ALLOW, f"{name}@1", "registration")
            watch.note(Became.DENY, f"{name}@2", "registration")
        found += [outer, inner]

    found: list[watch.Call] = []
    threads = [threading.Thread(target=ask, args=(str(n), found)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    said = {(c.door, line.request, line.what) for c in found for line in c.told}
    assert said == {("outer", str(n), f"{n}@2") for n in range(8)} | {("inner", str(n), f"{n}@1") for n in range(8)}
    assert watch.current() is None


@pytest.mark.parametrize("word", ["yaml", "JSON", " json", "text\n"])
def test_another_word_than_the_two_is_refused(word: str) -> None:
    with pytest.raises(InvalidError, match="`LETPASS_LOG` is text or json, and not `"):
        watch.written(word)

    assert not [h for h in watch.LOGGER.handlers if not isinstance(h, logging.NullHandler)]


def test_what_else_the_logger_is_told_is_a_line_of_the_same_form(
    configured: str, capsys: pytest.CaptureFixture[str]
) -> None:
    watch.LOGGER.warning("not ready: %s", "a\nb")

    said = capsys.readouterr().err
    assert said.count("\n") == 1
    if configured == "json":
        assert {k: v for k, v in json.loads(said).items() if k != "at"} == {
            "level": "warning",
            "message": "not ready: a\\u000ab",
        }
    else:
        assert said.endswith(" letpass warning not ready: a\\u000ab\n")
