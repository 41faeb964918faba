"""`policy init`: what it finds, what it writes, and that what is there stays as it is."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from letpass import disk
from letpass.authoring.scaffold import writing
from letpass.diagnostics import UnreachableError
from letpass.project.configuration import load
from tests import warm
from tests.cli.conftest import RECORD, Call, environ, write

FIRST = [
    "policies/promotion/champion.base.yaml",
    "policies/promotion/production.cases.yaml",
    "policies/promotion/production.policy",
    "policies/shared/candidate.base.yaml",
    "policies/shared/metrics.policy",
    "policy.toml",
]
Next = Callable[[str], tuple[int, str]]


@pytest.fixture(name="empty")
def _empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, and nothing in the environment that names a project or MLflow."""
    for name in [n for n in os.environ if n.startswith(("LETPASS_", "MLFLOW_")) or n in {"NO_COLOR", "FORCE_COLOR"}]:
        monkeypatch.delenv(name)
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(name="run_next")
def _run_next(call: Call) -> Next:
    """Runs the last line that was printed, in a shell, as it stands."""
    if shutil.which("sh") is None:
        pytest.skip("there is no shell here")

    def run(out: str) -> tuple[int, str]:
        line = out.splitlines()[-1]
        assert line.startswith("  ")
        script = f"{warm.function()}\n{line}"
        done = subprocess.run(["sh", "-c", script], env=environ(), capture_output=True, text=True, timeout=60)
        return done.returncode, done.stderr

    return run


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, links by where they lead."""
    return {
        str(p.relative_to(folder)): str(p.readlink()).encode() if p.is_symlink() else p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_symlink() or p.is_file()
    }


def record(folder: Path, version: int, more: str = "") -> Path:
    return write(folder / f"models/fraud/{version}.yaml", RECORD.format(version, "0.95") + more)


# ---------------------------------------------------------------- the library's first policy


def test_an_empty_folder_gets_a_project_whose_cases_come_out(empty: Path, call: Call, run_next: Next) -> None:
    """The configuration, the first policy with all that it uses, its cases; what is to be run next runs."""
    code, out, err = call("init")

    assert (code, err, list(files(empty))) == (0, "", FIRST)
    assert out.splitlines()[-2:] == ["next:", "  policy test"]
    assert run_next(out) == (0, "")
    assert (call("lint")[0], call("fmt", "--check")[0]) == (0, 0)
    assert "require risk-class:" not in (empty / FIRST[2]).read_text()
    assert "Left out, since without a trust file nobody can sign" in (empty / FIRST[2]).read_text()


def test_a_second_run_has_nothing_to_do(empty: Path, call: Call) -> None:
    """Everything is there, and stays as it is."""
    call("init")
    before = files(empty)

    code, out, err = call("init")

    assert (code, err, files(empty)) == (0, "", before)
    assert "nothing to do" in out
    assert "wrote" not in out


def test_a_folder_that_is_not_there_is_made(empty: Path, call: Call, run_next: Next) -> None:
    """With those above it; the next command goes there, whatever its name."""
    code, out, _ = call("init", "a b/new")

    assert (code, list(files(empty / "a b/new"))) == (0, FIRST)
    assert out.splitlines()[-1] == "  cd 'a b/new' && policy test"
    assert run_next(out) == (0, "")


def test_a_folder_of_records_is_found_and_its_newest_version_is_what_to_check_next(
    empty: Path, call: Call, run_next: Next
) -> None:
    """Not the one that is in the stage already."""
    record(empty, 9)
    record(empty, 10)
    record(empty, 11, "stage: production\n")

    code, out, _ = call("init")

    assert (code, out.splitlines()[-1]) == (0, "  policy check fraud@10 --to production")
    assert "3 versions of 1 model in `models`" in out
    assert run_next(out) == (3, "")


@pytest.mark.parametrize(
    ("name", "text", "named"),
    [
        ("models/deep/er/odd.yaml", "model: fraud\nversion: '4'\n", "models/deep/er/odd.yaml"),
        ("models/it's/4.yaml", "model: it's\nversion: '4'\n", "'it'\"'\"'s@4'"),
        ("models/a b/4.yaml", "model: a b\nversion: '4'\n", "'a b@4'"),
        ("models/$(touch x)/4.yaml", "model: $(touch x)\nversion: '4'\n", "'$(touch x)@4'"),
        ("models/-p/4.yaml", "model: -p\nversion: '4'\n", "models/-p/4.yaml"),
        ("models/\x1b[2J/4.yaml", 'model: "\\e[2J"\nversion: "4"\n', ""),
    ],
)
def test_the_next_command_works_whatever_a_model_is_called(
    empty: Path, call: Call, run_next: Next, name: str, text: str, named: str
) -> None:
    """It is quoted for a shell; what no line of text can name is not named."""
    write(empty / name, text)

    out = call("init")[1]

    assert out.splitlines()[-1] == (f"  policy check {named} --to production" if named else "  policy test")
    assert run_next(out)[0] in {0, 3}
    assert not (empty / "x").exists()
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("stage", "guarded"), [("prod", "prod"), ("Production", "production"), ("staging", "production")]
)
def test_the_stage_that_the_records_use_is_the_one_to_guard(
    empty: Path, call: Call, run_next: Next, stage: str, guarded: str
) -> None:
    """In the policy, its cases and the configuration alike."""
    record(empty, 1, f"stage: {stage}\n")

    out = call("init")[1]

    assert load(empty).protected == (guarded,)
    assert f"  on promotion to {guarded}\n" in (empty / FIRST[2]).read_text()
    assert out.splitlines()[-1] == f"  policy check fraud@1 --to {guarded}"
    assert call("test")[0] == 0


@pytest.mark.parametrize("stage", ["live!", "on", "a: b", "é", "\U0001f600", "it's", "- x", "#"])
def test_any_stage_can_be_named(empty: Path, call: Call, stage: str) -> None:
    """Where a policy can hold its name."""
    code, _, err = call("init", "--to", stage)

    assert (code, err) == (0, "")
    assert load(empty).protected == ("production", stage)
    assert call("test")[0] == 0


@pytest.mark.parametrize("stage", ["", " ", 'a"b', "a\nb", "\x1b", "‮", " a", "a\\b"])
def test_a_stage_that_no_policy_can_hold_is_an_error(empty: Path, call: Call, stage: str) -> None:
    """Nothing is written."""
    assert (call("init", "--to", stage)[0], files(empty)) == (2, {})


def test_who_holds_a_gated_stage_already_is_listed_to_be_taken_in(empty: Path, call: Call) -> None:
    """With the digest of its bytes; two commands, and the champion is known.  A list that is there is kept."""
    write(empty / "fraud-3.onnx", "bytes 3")
    write(empty / "models/fraud/3.yaml", "model: fraud\nversion: '3'\nartifact: {uri: fraud-3.onnx}\n")
    write(empty / "models/fraud/4.yaml", "model: fraud\nversion: '4'\n")
    write(empty / "models/fraud/state.yaml", "'3': {stage: production}\n")

    code, out, _ = call("init")

    digest = hashlib.sha256(b"bytes 3").hexdigest()
    held = [{"model": "fraud", "version": "3", "stage": "production", "artifact": f"sha256:{digest}"}]
    assert (code, json.loads((empty / "holders.json").read_text())) == (0, {"holders": held})
    assert "found     1 in a gated stage without a decision: fraud@3 (production)" in out
    assert "kept      holders.json, which is there already" in call("init")[1]

    assert call("check", "fraud@4", "--to", "production")[1].count("no ledger vouches for it") == 1
    assert call("adopt", "--from", "holders.json", "--reason", "served before the gate was there")[0] == 0
    assert "against fraud@3: since " in call("check", "fraud@4", "--to", "production")[1]
    assert "holders.json" not in call("init")[1]


def test_a_policy_on_high_risk_that_is_left_out_is_told(empty: Path, call: Call) -> None:
    """Records say how risky they are; without people the strict policy is not there, and somebody must know."""
    write(empty / "models/fraud/3.yaml", "model: fraud\nversion: '3'\nrisk: high\n")

    code, out, _ = call("init")

    assert (code, (empty / "policies/promotion/high-risk.policy").exists()) == (0, False)
    assert "note      records have a risk class, and the policy on high risk is left out with it" in out


@pytest.mark.parametrize("folder", [".", "gate"])
def test_one_command_brings_the_rules_on_people_in(empty: Path, call: Call, folder: str) -> None:
    """It had said to delete what was written, and not what; the command that it names now is obeyed as it stands."""
    record(empty / folder, 1, "risk: high\n")
    code, out, _ = call("init", *([folder] if folder != "." else []))
    assert code == 0
    (note,) = [line for line in out.splitlines() if "once people.csv" in line]
    write(empty / folder / "people.csv", "person,key,roles\nben@corp.example,,\n")
    removing, beginning = note.split("`")[1].split(" && ")
    for path in removing.removeprefix("rm ").split():
        (empty / path).unlink()

    code, out, _ = call(*beginning.split()[1:])

    assert (code, "is left out" in out) == (0, False)
    assert (empty / folder / "policies/promotion/high-risk.policy").is_file()
    assert "risk-class" in (empty / folder / "policies/promotion/production.policy").read_text(encoding="utf-8")
    assert "says something else" not in out


def test_what_was_edited_is_not_to_be_removed(empty: Path, call: Call) -> None:
    """The command would take away what somebody has written."""
    record(empty, 1, "risk: high\n")
    assert call("init")[0] == 0
    path = empty / "policies/promotion/production.policy"
    path.write_text(path.read_text(encoding="utf-8") + "# ours\n", encoding="utf-8")
    path.with_name("production.cases.yaml").unlink()
    assert "`rm " not in call("init")[1]


def test_a_folder_without_records_says_so_and_what_to_do(empty: Path, call: Call) -> None:
    """Nothing was said of records, and a check of none was next."""
    out = call("init")[1]
    assert "no record of a version yet: write one" in out
    (empty / "other/models").mkdir(parents=True)
    assert "holds no record yet: write one" in call("init", "other")[1]
    record(empty / "full", 1)
    assert "write one" not in call("init", "full")[1]


def test_where_people_can_sign_the_rules_on_people_are_there(office: Path, call: Call, run_next: Next) -> None:
    """The whole policy, and that on high risk where records have a risk class."""
    shutil.rmtree(office / "policies")
    for path in (office / "models/fraud").glob("*.yaml"):
        path.write_text(path.read_text() + "risk: high\n")

    code, out, err = call("init")

    assert (code, err) == (0, "")
    assert "require risk-class:" in (office / FIRST[2]).read_text()
    assert (office / "policies/promotion/high-risk.cases.yaml").is_file()
    assert call("test")[1].endswith("cases of 2 policies, all as expected\n")
    assert run_next(out)[0] in {1, 3}


def test_a_trust_file_that_is_not_pinned_is_not_pinned_by_init(empty: Path, call: Call, run_next: Next) -> None:
    """Whom to trust is nothing that lies around; until it is said, the next command is one that needs no trust."""
    record(empty, 1)
    write(empty / "trust.json", "{}")

    out = call("init")[1]

    assert load(empty).trust_root == ""
    assert '# root = "sha256:…"' in (empty / "policy.toml").read_text()
    assert out.splitlines()[-1] == "  policy test"
    assert run_next(out) == (0, "")


def test_a_trust_file_that_is_not_in_force_is_told(office: Path, call: Call, run_next: Next) -> None:
    """Nothing could be judged by it, so the next command is one that needs no trust."""
    (office / "trust.json").write_text("{}")

    code, out, _ = call("init")

    assert (code, out.splitlines()[-1]) == (0, "  policy lint")
    assert run_next(out) == (0, "")
    assert len([line for line in out.splitlines() if line.startswith("found") and "trust file" in line]) == 2


# ---------------------------------------------------------------- what is there stays


def test_policies_of_the_project_are_left_alone_and_none_is_added(project: Path, call: Call, run_next: Next) -> None:
    """A policy more would change what the gate asks; only the configuration is missing."""
    before = files(project)

    code, out, _ = call("init")

    assert (code, {**before, "policy.toml": (project / "policy.toml").read_bytes()}) == (0, files(project))
    assert "`policies/gate.policy` is a policy of the project already" in out
    assert run_next(out)[0] in {0, 1, 3}


def test_an_attempt_that_ended_between_two_files_is_completed(empty: Path, call: Call) -> None:
    """What is there is kept, the rest is written."""
    call("init")
    whole = files(empty)
    for name in ("policy.toml", FIRST[1]):
        (empty / name).unlink()

    code, out, _ = call("init")

    assert (code, files(empty)) == (0, whole)
    assert sorted(line.split()[1] for line in out.splitlines() if line.startswith("wrote")) == [FIRST[1], "policy.toml"]


@pytest.mark.parametrize("size", [0, 1, 200])
def test_a_file_that_broke_off_is_an_error_that_names_it(empty: Path, call: Call, size: int) -> None:
    """It is not taken for a policy of the project, and nothing is written."""
    call("init")
    text = (empty / FIRST[2]).read_text()
    for name in files(empty):
        (empty / name).unlink()
    (empty / FIRST[2]).write_text(text[:size])
    before = files(empty)

    code, out, err = call("init")

    assert (code, out, files(empty)) == (2, "", before)
    assert f"`{FIRST[2]}` is the beginning of what would be written there" in err


def test_a_changed_policy_is_kept_without_cases_that_are_not_its_own(empty: Path, call: Call) -> None:
    """Somebody has adapted it since."""
    call("init")
    (empty / FIRST[1]).unlink()
    text = (empty / FIRST[2]).read_text().replace("fairness >= 0.9", "fairness >= 0.8")
    (empty / FIRST[2]).write_text(text)

    code, out, _ = call("init")

    assert (code, (empty / FIRST[2]).read_text(), (empty / FIRST[1]).exists()) == (0, text, False)
    assert f"kept      {FIRST[2]}, which is there already, and says something else" in out


def test_cases_that_would_not_come_out_are_not_written(empty: Path, call: Call) -> None:
    """Another `metrics.policy` or base record lies in the place of the library's."""
    write(empty / FIRST[3], "model: loans\nversion: '7'\n")

    code, out, err = call("init")

    assert (code, out, list(files(empty))) == (2, "", [FIRST[3]])
    assert f"`{FIRST[1]}` would not hold with the files that are there" in err


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        (lambda f: write(f / "here", "a file"), "`here` is no folder"),
        (lambda f: write(f / "here/policies", "a file"), "`here/policies` is a file, and a folder is wanted there"),
        (
            lambda f: (f / "here/policy.toml").mkdir(parents=True),
            "`here/policy.toml` is a folder, and a file is wanted",
        ),
        (lambda f: (write(f / "here/x", ""), (f / "here/policies").symlink_to(f)), "is a link, and nothing is written"),
        (
            lambda f: (write(f / "here/x", ""), (f / "here/policy.toml").symlink_to("gone")),
            "`here/policy.toml` is a link that leads nowhere",
        ),
        (lambda f: (f / "here").symlink_to("gone"), "`here` is no folder"),
        (lambda f: write(f / "here/policy.toml", "policies = [\n"), "is not TOML"),
        (lambda f: write(f / "here/policy.toml", 'policies = ["../else"]\n'), "names no folder inside the project"),
        (lambda f: write(f / "here/policies/a.policy", b"\xff"), "is not UTF-8"),
    ],
)
def test_what_is_in_the_way_is_an_error_and_nothing_is_written(
    empty: Path, call: Call, prepare: Callable[[Path], object], said: str
) -> None:
    """Its place is named, and what to do."""
    prepare(empty)
    before = files(empty)

    code, out, err = call("init", "here")

    assert (code, out, files(empty)) == (2, "", before)
    assert said in err


@pytest.mark.parametrize("name", [FIRST[2], "policy.toml"])
def test_a_linked_file_is_kept(empty: Path, call: Call, name: str) -> None:
    """A link to a file is the file."""
    call("init", "one")
    (empty / name).parent.mkdir(parents=True, exist_ok=True)
    (empty / name).symlink_to(empty / "one" / name)

    code, out, _ = call("init", ".")

    assert (code, (empty / name).is_symlink()) == (0, True)
    assert f"kept      {name}, which is there already" in out


@pytest.mark.parametrize("failing", range(6))
def test_a_failure_in_the_middle_leaves_nothing(empty: Path, monkeypatch: pytest.MonkeyPatch, failing: int) -> None:
    """Files and folders that were made are taken away again, and what was there before stays."""
    call_count = iter(range(100))

    def create(path: Path, data: bytes) -> None:
        if next(call_count) == failing:
            raise OSError(13, "Permission denied", str(path))
        write(path, data)

    write(empty / "new/README", "mine")
    texts = {empty / "new" / name: name for name in FIRST}

    with pytest.raises(Exception, match="nothing was written"):
        writing.write(empty / "new", texts, create)
    assert files(empty) == {"new/README": b"mine"}
    assert [p.name for p in (empty / "new").iterdir()] == ["README"]


def test_an_interrupt_leaves_nothing(empty: Path) -> None:
    """Not even the folder."""

    def create(path: Path, data: bytes) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        writing.write(empty / "new", {empty / "new/a": "a"}, create)
    assert list(empty.iterdir()) == []


def test_a_file_that_somebody_writes_meanwhile_is_not_replaced(empty: Path) -> None:
    """The name is taken by whoever comes first."""
    write(empty / "policy.toml", "theirs")

    with pytest.raises(Exception, match="file exists; nothing was written"):
        writing.write(empty, {empty / "a": "ours", empty / "policy.toml": "ours"})
    assert files(empty) == {"policy.toml": b"theirs"}


@pytest.mark.parametrize("full", [False, True])
def test_a_file_system_without_links_is_written_too(empty: Path, monkeypatch: pytest.MonkeyPatch, full: bool) -> None:
    """Whole, or not at all; and no name is taken from anybody."""

    def link(source: object, target: object) -> None:
        raise OSError(1, "Operation not permitted")

    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "link", link)
    if full:
        new = disk._new
        monkeypatch.setattr(
            disk, "_new", lambda p, mode: Full() if p.name == "a" and not new(p, mode).close() else new(p, mode)
        )
        with pytest.raises(UnreachableError, match="nothing was written"):
            writing.write(empty, {empty / "a": "ours"})
    else:
        writing.write(empty, {empty / "a": "ours"})
    assert {k: v for k, v in files(empty).items() if not k.endswith(".part")} == ({} if full else {"a": b"ours"})


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_an_error(empty: Path, call: Call) -> None:
    """It says so, and what to do."""
    empty.chmod(0o555)
    try:
        code, out, err = call("init", "new")
    finally:
        empty.chmod(0o755)
    assert (code, out) == (2, "")
    assert "cannot write `new`" in err


def test_a_folder_where_nobody_can_write_is_an_error(empty: Path, call: Call) -> None:
    """Root neither: the kernel's own files."""
    if not Path("/proc/self").is_dir():
        pytest.skip("there is no /proc here")
    code, out, err = call("init", "/proc/letpass")

    assert (code, out, "cannot write `/proc/letpass`" in err, "nothing was written" in err) == (2, "", True, True)
