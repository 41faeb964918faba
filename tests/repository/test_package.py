"""What is built: it holds the licence, the library and the pages of the codes, and nothing of the project's own gate."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path

import pytest

from letpass import __version__
from tests.repository.programs import ROOT

pytestmark = pytest.mark.once

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(name="built", scope="module")
def _built(tmp_path_factory: pytest.TempPathFactory) -> tuple[zipfile.ZipFile, tarfile.TarFile]:
    """Wheel and source distribution, built of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return zipfile.ZipFile(wheel), tarfile.open(source)


def metadata(wheel: zipfile.ZipFile) -> Message:
    (name,) = [n for n in wheel.namelist() if n.endswith(".dist-info/METADATA")]
    return HeaderParser().parsestr(wheel.read(name).decode())


def test_the_licence_is_in_what_is_built(built: tuple[zipfile.ZipFile, tarfile.TarFile]) -> None:
    """Its whole text, in wheel and source distribution, and named in the description."""
    wheel, source = built
    text = (ROOT / "LICENSE").read_bytes()
    member = source.extractfile(f"letpass-{__version__}/LICENSE")

    assert (b"Version 2.0, January 2004" in text, b"END OF TERMS AND CONDITIONS" in text) == (True, True)
    assert wheel.read(f"letpass-{__version__}.dist-info/licenses/LICENSE") == text
    assert member is not None
    assert member.read() == text
    said = metadata(wheel)
    assert (said["License-Expression"], said["License-File"], said["Version"]) == ("Apache-2.0", "LICENSE", __version__)


def test_the_wheel_holds_the_package_the_library_and_the_pages(built: tuple[zipfile.ZipFile, tarfile.TarFile]) -> None:
    """Each file of them, and nothing else: no test, no example, and not the policy of the project's own releases."""
    found = {n for n in built[0].namelist() if ".dist-info/" not in n}
    expected = {
        f"letpass/{aim}{p.relative_to(ROOT / folder).as_posix()}"
        for folder, aim in (("src/letpass", ""), ("policies", "library/"), ("docs/errors", "errors/"))
        for p in (ROOT / folder).rglob("*")
        if p.is_file() and "__pycache__" not in p.parts
    }

    assert found == expected


def test_the_source_distribution_is_whole(built: tuple[zipfile.ZipFile, tarfile.TarFile]) -> None:
    """It holds every file that git has, but for git's own settings: tests and documentation too."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = {n.partition("/")[2] for n in built[1].getnames()}

    assert [n for n in listed.split("\0") if n and n not in names | {".gitattributes"} and (ROOT / n).exists()] == []


def test_requirements_stand_once() -> None:
    """Those of development in their group alone; what is an extra too is asked for in one and the same range."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    extras = {
        name(r): r.partition("]")[2] if "[" in r else re.sub(r"^[\w-]+", "", r)
        for extra, wanted in PROJECT["project"]["optional-dependencies"].items()
        if extra != "example"
        for r in wanted
    }
    dev = {
        name(r): r.partition("]")[2] if "[" in r else re.sub(r"^[\w-]+", "", r)
        for r in PROJECT["dependency-groups"]["dev"]
    }

    assert set(extras) <= set(dev)
    assert {n: dev[n] for n in extras} == extras
    assert [n for n in dev if re.search(rf"(?<![\w./-]){re.escape(n)}[<>=]", makefile)] == []


def test_both_ends_of_mlflows_range_are_tested() -> None:
    """`make oldest` installs the lower one, which the Makefile reads here; every other test runs on the newest below the upper."""
    (low, high), (pin,) = (
        re.findall(
            r'^mlflow = \["mlflow>=(3\.\d+),<(3\.\d+)"\]', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE
        )[0],
        re.findall(r"^mlflow==(3\.\d+)", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE),
    )
    done = subprocess.run(["make", "-n", "oldest"], cwd=ROOT, capture_output=True, text=True, check=True)

    assert f"s/^(mlflow[a-z-]*)==.*/\\1=={low}/" in done.stdout
    assert int(pin.partition(".")[2]) + 1 == int(high.partition(".")[2])
    assert "make oldest" in (ROOT / ".ci/run").read_text("utf-8")


def test_every_requirement_is_pinned() -> None:
    """In constraints.txt, which pip is given whenever something is installed here."""
    pins = {name(line) for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if line}
    groups = [r for group in PROJECT["dependency-groups"].values() for r in group]
    wanted = [*PROJECT["build-system"]["requires"], *PROJECT["project"]["dependencies"], *groups]

    assert {name(r) for r in wanted} - pins == set()


def name(requirement: str) -> str:
    """The normalised name of what is required."""
    found = re.match(r"[\w.-]+", requirement)
    assert found is not None
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def test_no_registry_of_packages_is_named() -> None:
    """Where packages come from is whoever installs them to say."""
    files = [
        p for p in (ROOT / ".github", ROOT / ".devcontainer", ROOT / "release") for p in p.rglob("*") if p.is_file()
    ]
    files += [ROOT / n for n in ("Makefile", "pyproject.toml", "constraints.txt", ".pre-commit-config.yaml")]
    hosts = re.compile(r"pythonhosted|pypi\.org|npmjs|docker\.io|ghcr\.io|mcr\.microsoft", re.IGNORECASE)

    assert [
        str(p) for p in files if "__pycache__" not in p.parts and hosts.search(Path(p).read_text(encoding="utf-8"))
    ] == []
