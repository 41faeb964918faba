"""`--policy-ref`: whose a record of the change is, and who says where a version is; each attack beside its honest twin."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import POLICY, RECORD, Call, write
from tests.cli.repository import PROTECTED, change, checkout, commit, git

TO = ("--to", "production")
REF = (*TO, "--policy-ref", PROTECTED)
STAGED = POLICY.replace("accuracy >= 0.9", "accuracy >= 0.9 and stage is staging")
STATE = '"2": {stage: staging}\n"1": {stage: production}\n'


@pytest.fixture(name="main")
def _main(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A protected branch whose policy wants a version to have been in staging: 2 has been, 3 has not, both are good."""
    main = checkout(tmp_path, monkeypatch)
    write(main / "policies/gate.policy", STAGED)
    for version in (2, 3):
        write(main / f"models/fraud/{version}.yaml", RECORD.format(version, "0.95"))
    write(main / "models/fraud/state.yaml", STATE)
    git(main, "update-ref", PROTECTED, commit(main))
    change(main)
    return main


def new(version: int, more: str = "", model: str = "fraud") -> str:
    return RECORD.format(version, "0.95").replace("model: fraud", f"model: {model}") + more


def below(main: Path) -> str:
    """A copy below the registry with a state of its own beside it."""
    write(main / "models/fraud/x/3.yaml", new(3))
    write(main / "models/fraud/x/state.yaml", '"3": {stage: staging}\n')
    return "models/fraud/x/3.yaml"


def new_below(main: Path) -> str:
    write(main / "models/fraud/x/4.yaml", new(4))
    write(main / "models/fraud/x/state.yaml", '"4": {stage: staging}\n')
    return "models/fraud/x/4.yaml"


def says(field: str) -> Callable[[Path], str]:
    """A new version, in its place, that says of itself what the registry says."""

    def made(main: Path) -> str:
        write(main / "models/fraud/4.yaml", new(4, field))
        return "models/fraud/4.yaml"

    return made


def known_says(main: Path) -> str:
    write(main / "models/fraud/3.yaml", new(3, "stage: staging\n"))
    return "models/fraud/3.yaml"


def beside_it(main: Path) -> str:
    """The place of the version, with the change's own state."""
    write(main / "models/fraud/state.yaml", '"3": {stage: staging}\n')
    return "models/fraud/3.yaml"


def linked_folder(main: Path) -> str:
    write(main / "other/3.yaml", new(3))
    write(main / "other/state.yaml", '"3": {stage: staging}\n')
    (main / "models/link").symlink_to("../other")
    return "models/link/3.yaml"


def linked_model(main: Path) -> str:
    """The model's folder is a link to another one, so that its state is that one's."""
    (main / "models/fraud").rename(main / "real")
    write(main / "real/state.yaml", '"3": {stage: staging}\n')
    (main / "models/fraud").symlink_to("../real")
    return "models/fraud/3.yaml"


def other_spelling(main: Path) -> str:
    beside_it(main)
    return "./models/../models/fraud/./3.yaml"


def twin(main: Path) -> str:
    """A second file for one version."""
    text = json.dumps({"model": "fraud", "version": "3", "stage": "staging", "metrics": {"accuracy": 0.95}})
    write(main / "models/fraud/3.json", text)
    return "models/fraud/3.json"


def nested_name(main: Path) -> str:
    """The model `fraud/x` has a state file, and a record in its folder says that it is another model's."""
    write(main / "models/fraud/x/state.yaml", '"3": {stage: staging}\n')
    write(main / "models/fraud/x/3.yaml", new(3, model="fraud"))
    return "models/fraud/x/3.yaml"


def version_with_a_slash(main: Path) -> str:
    write(main / "models/fraud/x/4.yaml", new(4).replace("'4'", "'x/4'"))
    write(main / "models/fraud/x/state.yaml", '"x/4": {stage: staging}\n')
    return "models/fraud/x/4.yaml"


def outside(main: Path) -> str:
    write(main / "t/3.yaml", new(3))
    write(main / "t/state.yaml", '"3": {stage: staging}\n')
    return "t/3.yaml"


def new_outside(main: Path) -> str:
    write(main.parent / "t/4.yaml", new(4))
    write(main.parent / "t/state.yaml", '"4": {stage: staging}\n')
    return str(main.parent / "t/4.yaml")


def renamed(main: Path) -> str:
    """The file of a version that has been in staging, which now says that it is another."""
    write(main / "models/fraud/2.yaml", new(4))
    return "models/fraud/2.yaml"


def a_whole_folder(main: Path) -> str:
    new_below(main)
    return "models/fraud/x"


WAYS = {
    below: 2, new_below: 2, known_says: 2, beside_it: 3, linked_folder: 2, linked_model: 3, other_spelling: 3, twin: 2,
    nested_name: 2, version_with_a_slash: 2, outside: 3, new_outside: 3, renamed: 2, a_whole_folder: 2,
}  # fmt: skip
"""How a change could bring the state of its version, and the code: refused, or judged without it and undecided."""
LATER = {
    "stage": "stage: staging\n",
    "observations": "observations: {latency: 9}\n",
    "deployments": "deployments: [{endpoint: https://fraud.corp.example}]\n",
}


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_change_brings_no_state_of_a_version(main: Path, call: Call, way: Callable[[Path], str]) -> None:
    """The version that the commit has in staging is allowed, whatever beside it; the change's word allows no other."""
    assert call("check", "models/fraud/2.yaml", *REF, "-q")[0] == 0
    path = way(main)
    commit(main)

    assert call("check", path, *REF, "-q")[0] == WAYS[way]


@pytest.mark.parametrize("field", LATER)
def test_a_new_version_says_nothing_of_its_life(main: Path, call: Call, field: str) -> None:
    """Without it the version is judged; with it it is refused by name."""
    assert call("check", says("")(main), *REF, "-q")[0] == 3
    code, out, err = call("check", says(LATER[field])(main), *REF)

    assert (code, out) == (2, "")
    assert f"`fraud@4` sets `{field}` itself, which the registry says of its versions" in err
    assert f"take `{field}` out of the record" in err


def test_standard_input_says_nothing_of_its_life(main: Path, forked: Call) -> None:
    """Neither as a version that the commit has nor as a new one."""
    assert forked("check", "-", *REF, "-q", stdin=new(2).encode())[0] == 0
    assert forked("check", "-", *REF, "-q", stdin=new(3).encode())[0] == 3
    assert forked("check", "-", *REF, "-q", stdin=new(3, LATER["stage"]).encode())[0] == 2
    assert forked("check", "-", *REF, "-q", stdin=new(4, LATER["stage"]).encode())[0] == 2


def test_the_state_is_the_commits_by_every_spelling(main: Path, call: Call) -> None:
    """And the statements beside the version are looked for where it belongs."""
    (main / "also").symlink_to("models")
    for path in (
        "models/fraud/2.yaml",
        "./models/../models/fraud/2.yaml",
        str(main / "models/fraud/2.yaml"),
        "also/fraud/2.yaml",
    ):
        code, out, _ = call("check", path, *REF, "-o", "json")
        record = json.loads(out)["inputs"]["record"]
        assert (code, record["state"]["text"]) == (0, STATE), path
        assert Path(record["name"]).resolve() == main / "models/fraud/2.yaml"


def test_a_change_adds_and_neither_changes_nor_takes_away(main: Path, call: Call) -> None:
    """Additions are judged as claims, which the report names; the rest is refused, with the place in both."""
    path = "models/fraud/2.yaml"
    write(main / path, new(2, "tags: {team: risk}\nsuites: [{name: smoke, passed: true}]\n"))
    code, out, _ = call("check", path, *REF)
    assert (code, "the change adds `suites.smoke`, `tags` to the record of fraud@2" in " ".join(out.split())) == (
        0,
        True,
    )

    for text, told in (
        (new(2).replace("0.95", "0.99"), "`metrics.accuracy.value` is `0.99` here, and `0.95` in `models/fraud/2.yaml`"),
        (new(2).replace("metrics: {accuracy: 0.95}\n", ""), "`metrics.accuracy` is nothing here"),
        (new(2, "author: vera@corp.example\n"), "`author` is `vera@corp.example` here, and nothing in"),
        (new(2, "code: {commit: 4f1c0de2}\n"), "`code` is "),
    ):  # fmt: skip
        write(main / path, text)
        code, out, err = call("check", path, *REF)
        assert (code, out, told in err, "GATE309" in err) == (2, "", True, True), told


def test_what_a_change_proposes_is_no_record_to_compare_with(main: Path, call: Call) -> None:
    """A run that logs is followed by another commit of the same pull request, and by one that is never merged."""
    write(main / ".gitignore", ".letpass/\n")
    path = "models/fraud/2.yaml"
    for more in ("tags: {team: risk}\n", "tags: {team: sales}\n", ""):
        write(main / path, new(2, more))
        assert call("check", path, *REF, "--log", "-q")[0] == 0, more
    for accuracy, code in (("0.5", 1), ("0.95", 3)):
        write(main / "models/fraud/4.yaml", RECORD.format(4, accuracy))
        assert call("check", "models/fraud/4.yaml", *REF, "--log", "-q")[0] == code
    write(main / path, new(2, "author: vera@corp.example\n"))
    assert call("check", path, *REF, "--log", "-q")[0] == 2


def test_a_registry_outside_of_the_repository_says_who_is_where(main: Path, call: Call) -> None:
    """A mounted folder: its versions are compared with, and what the change brings has no state."""
    outside_ = main.parent / "registry"
    (main / "models").rename(outside_)
    write(main / "policy.toml", f"registry = '{outside_}'\n")
    git(main, "update-ref", PROTECTED, commit(main))
    for version, code in ((2, 0), (3, 3)):
        write(main / f"t/{version}.yaml", new(version))
        assert call("check", f"t/{version}.yaml", *REF, "-q")[0] == code
    write(main / "t/state.yaml", '"3": {stage: staging}\n"4": {stage: staging}\n')
    write(main / "t/4.yaml", new(4))
    for version in (3, 4):
        assert call("check", f"t/{version}.yaml", *REF, "-q")[0] == 2
    (main / "t/state.yaml").unlink()
    write(main / "t/2.yaml", new(2, "tags: {team: risk}\n"))
    assert call("check", "t/2.yaml", *REF, "-q")[0] == 2
