"""Which commit a name means.  One that means two commits, or the one that is judged, is refused.

Git itself takes a tag before a branch of one name, and the branch that is checked out like any other: whoever may push a
tag, or name their own branch like the protected one, would choose the commit.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from letpass.diagnostics import CommitError
from letpass.project.git import asking

_ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?\Z")
_HEX = re.compile(r"[0-9a-f]{7,64}\Z")
_PROTECTED = "refs/remotes/origin/main"
_OURSELVES = {"HEAD", "@", "ORIG_HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REBASE_HEAD"}


def commit(name: str, top: Path) -> str:
    """The id of the commit that a name means in the repository at `top`; raises `CommitError` where it means none."""
    if not name.strip():
        raise CommitError.of(
            "GATE015", "no commit is named whose policies judge", help=f"name one, such as `{_PROTECTED}`"
        )
    if name.upper() in _OURSELVES:
        what = f"`{name}` is the commit that is judged, and cannot judge itself"
        raise CommitError.of("GATE015", what, help=f"name the protected branch, such as `{_PROTECTED}`")
    found = {**_refs(name, top), **by_id(name, top)}
    if not found:
        raise CommitError.of("GATE015", f"there is no commit `{name}` here", help=_fetch(name, top))
    if len(set(found.values())) > 1:
        raise CommitError.of(
            "GATE015",
            f"`{name}` means {' and '.join(f'`{n}`' for n in sorted(found))}, which differ",
            help="write the one that is meant in full",
        )
    here = asking.line("symbolic-ref", "--quiet", "HEAD", where=top)
    if here and here in found:
        raise CommitError.of(
            "GATE015",
            f"`{name}` is the branch that is checked out, and would judge itself",
            help=f"name the protected branch as it was fetched, such as `{_PROTECTED}`",
        )
    id_ = next(iter(found.values()))
    if is_checked_out(id_, top) and all(n.startswith("the commit ") for n in found):
        what = f"`{name}` is the commit that is checked out, and would judge itself"
        raise CommitError.of(
            "GATE015", what, help=f"name the protected branch as it was fetched, such as `{_PROTECTED}`"
        )
    return id_


def is_checked_out(id_: str, top: Path) -> bool:
    """Is a commit the one that is judged: rightly so on the protected branch itself, and by a wrong name elsewhere."""
    return asking.line("rev-parse", "--verify", "--quiet", "HEAD^{commit}", where=top) == id_


def _refs(name: str, top: Path) -> dict[str, str]:
    """The commit behind each ref that a name may mean."""
    plain = not name.startswith("-") and name.isprintable() and asking.run("check-ref-format", "--allow-onelevel", name)
    if not plain or plain.returncode != 0:
        raise CommitError.of(
            "GATE015", f"`{name}` is no name of a branch, tag or commit", help=f"write `{_PROTECTED}`, or a commit's id"
        )
    if name == "FETCH_HEAD":
        # its file is looked for, since a tag may have this name too
        there = (top / asking.line("rev-parse", "--git-path", name, where=top)).is_file()
        return _peeled({name: name}, top) if there else {}
    if name.startswith("refs/"):
        every = [name]  # in full it means itself, whatever else is named so
    else:
        every = [f"{where}{name}" for where in ("refs/", "refs/tags/", "refs/heads/", "refs/remotes/")]
    return _peeled({n: n for n in every if asking.line("show-ref", "--verify", n, where=top)}, top)


def by_id(name: str, top: Path) -> dict[str, str]:
    """The commits whose id begins with a name, by what they are called."""
    if not _HEX.fullmatch(name):
        return {}
    said = asking.run("rev-parse", f"--disambiguate={name}", where=top)
    return _peeled({f"the commit {i}": i for i in said.stdout.decode().split()}, top)


def _peeled(names: dict[str, str], top: Path) -> dict[str, str]:
    """The commit behind each, without those that are of no commit."""
    found = {
        n: asking.line("rev-parse", "--verify", "--quiet", f"{said}^{{commit}}", where=top) for n, said in names.items()
    }
    return {n: id_ for n, id_ in found.items() if _ID.fullmatch(id_)}


def _fetch(name: str, top: Path) -> str:
    """The command that brings what is missing."""
    # `--depth` would cut a whole history short
    shallow = asking.line("rev-parse", "--is-shallow-repository", where=top) == "true"
    fetch = f"git fetch --no-tags{' --depth=1' if shallow else ''}"
    if _HEX.fullmatch(name):
        return f"`{fetch} origin {name if _ID.fullmatch(name) else 'WHOLE-ID'}`"
    if name == "FETCH_HEAD":
        return f"`{fetch} origin main`"
    remotes = asking.run("remote", where=top).stdout.decode("utf-8", "replace").split()
    remote, _, branch = name.removeprefix("refs/remotes/").partition("/")
    then = ""
    if branch and remote in remotes:
        local = f"refs/remotes/{remote}/{branch}"
    elif name.startswith("refs/remotes/") and branch:
        local = name
    elif name.startswith("refs/") and not name.startswith(("refs/heads/", "refs/tags/")):
        remote, branch, local = "origin", "main", name
    else:
        remote, branch = "origin", name.removeprefix("refs/heads/")
        local = f"refs/remotes/origin/{branch}"
        then = f", then `--policy-ref {shlex.quote(local)}`"
    refspec = shlex.quote(f"+refs/heads/{branch}:{local}")
    return f"`{fetch} {shlex.quote(remote)} {refspec}`{then}"
