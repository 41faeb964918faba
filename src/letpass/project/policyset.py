"""The policy set: every policy of the given files and folders, read and checked."""

from __future__ import annotations

import os.path
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from letpass import disk
from letpass.canonical import digest
from letpass.diagnostics import Diagnostic, PolicyError, Source, Span, as_shown, so_many
from letpass.frozen import Frozen, replace
from letpass.language import syntax, typed
from letpass.language.checker import check, check_expression
from letpass.language.parser import moved, parse, parse_expression
from letpass.language.rules import Policy
from letpass.language.statements import LONGEST_TEXT
from letpass.language.types import Vocabulary

SUFFIX = ".policy"
At = Callable[[Path], Path]
"""Where what is at a path is read: there, or among the files of a commit."""


class PolicySet(Frozen):
    """Checked policies, the texts that they come from by name, and all warnings.

    settings: what decides in the project's configuration, where the set is the project's own, else None.
    """

    policies: tuple[Policy, ...]
    texts: tuple[tuple[str, str], ...]
    warnings: tuple[Diagnostic, ...] = ()
    settings: Mapping[str, Any] | None = None

    def __repr__(self) -> str:
        rules = sum(len(p.rules) for p in self.policies)
        return as_shown(
            f"PolicySet {so_many(len(self.policies), 'policy', 'policies')}, {so_many(rules, 'rule')}, {self.digest[:19]}…"
        )

    @cached_property
    def digest(self) -> str:
        """The digest of the set, whatever its order, with the settings that decide beside it."""
        named = sorted([p.name, p.digest] for p in self.policies)
        return digest(named if self.settings is None else {"policies": named, "settings": self.settings})


class _Library:
    """Texts by path, each read and parsed once."""

    def __init__(self, folders: list[Path], given: dict[str, str] | None = None, at: At = Path) -> None:
        self.folders, self.given, self.at = folders, given, at
        self.parsed: dict[str, tuple[syntax.PolicyText, tuple[Diagnostic, ...]]] = {}

    def text(self, name: str, span: Span | None = None) -> tuple[syntax.PolicyText, tuple[Diagnostic, ...]]:
        if name not in self.parsed:
            self.parsed[name] = parse(Source(name, self._read(name, span)))
        return self.parsed[name]

    def _read(self, name: str, span: Span | None) -> str:
        if self.given is not None:
            if name in self.given:
                return self.given[name]
            raise PolicyError.of("GATE107", f"there is no `{name}`", span or name)
        return read_text(Path(name), span, self.at)

    def used(self, use: syntax.Use) -> syntax.PolicyText:
        """The text behind a `use`, which may not lie outside the policy root."""
        here = Path(use.span.source.name).parent
        if not use.file.endswith(SUFFIX) or Path(use.file).is_absolute() or "\\" in use.file:
            raise PolicyError.of(
                "GATE107", f"`{use.file}` cannot be used", use.span, "name a `.policy` file, relative to this one"
            )
        path = Path(_normal(here / use.file))  # that which is read, also where `..` comes behind a link
        if self.given is None:
            real = self.at(path).resolve()
            if not real.is_relative_to(_common([self.at(f).resolve() for f in self.folders])):
                raise PolicyError.of(
                    "GATE107",
                    f"`{use.file}` lies outside the policy root",
                    use.span,
                    f"move it below `{os.path.relpath(_common([f.absolute() for f in self.folders]))}`",
                )
            if not real.is_file():
                raise PolicyError.of("GATE107", f"there is no `{use.file}`", use.span, f"looked for it at {path}")
        text, faults = self.text(str(path), use.span)
        if any(d.is_error for d in faults):
            raise PolicyError(tuple(d for d in faults if d.is_error))
        return text


def _normal(path: Path) -> str:
    """The name of a path, its `..` taken out, so that one file has one name."""
    if ".." not in path.parts:
        return str(path)
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return str(Path(*parts)) if parts else "."


def read_text(path: Path, span: Span | None = None, at: At = Path) -> str:
    """The UTF-8 text of a policy file; raises `PolicyError`."""
    where = span or disk.shown(path)
    if disk.shown(path) != str(path):
        raise PolicyError.of("GATE011", "the name of a policy file is not UTF-8", where, "give it another name")
    try:
        with disk.opened(at(path)) as file:
            data = file.read(LONGEST_TEXT * 4 + 1)
    except OSError as error:
        raise PolicyError.of("GATE011", f"cannot read `{path}`: {disk.reason(error)}", where) from None
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise PolicyError.of(
            "GATE011", f"`{path}` is not UTF-8: byte {error.start}", where, "save it as UTF-8"
        ) from None


def find(paths: tuple[Path, ...], at: At = Path) -> tuple[Path, ...]:
    """The policy files among files and folders, in order of their names; raises where one gives none."""
    if not paths:
        raise PolicyError.of("GATE011", "no policy is named", help="name a policy file or a folder of them")
    found: list[Path] = []
    for path in paths:
        if at(path).is_dir():
            below = _below(path, at(path))
            if not below:
                raise PolicyError.of(
                    "GATE011",
                    f"no policy below `{path}`",
                    str(path),
                    f"a policy is a file that ends in `{SUFFIX}`; `policy explain GATE011`",
                )
            found += below
        elif at(path).exists():
            found.append(path)
        else:
            raise PolicyError.of(
                "GATE011", f"there is no `{path}`", str(path), "name a policy file or a folder of them"
            )
    return tuple(dict.fromkeys(found))


def _below(folder: Path, there: Path) -> list[Path]:
    """Every policy file of a folder that is read `there`.  What is named like one and is none is refused: a policy does not vanish."""
    found: list[Path] = []
    for here, folders, files in os.walk(there, onerror=lambda error: _unread(folder, there, error)):
        for name in [*folders, *files]:
            is_policy = os.path.splitext(name)[1].casefold() == SUFFIX  # noqa: PTH122 - most names are no policies
            if not is_policy and name in files:
                continue
            real = Path(here, name)
            path = folder / real.relative_to(there)
            if is_policy and real.is_file():
                found.append(path)
            elif is_policy or (real.is_dir() and real.is_symlink()):
                what = (
                    "no file"
                    if not real.is_symlink() and not real.is_dir()
                    else "a folder"
                    if not real.is_symlink()
                    else "a linked folder"
                    if real.exists()
                    else "a link that leads nowhere"
                )
                raise PolicyError.of(
                    "GATE011",
                    f"`{path}` is {what}",
                    str(path),
                    "a policy folder holds policy files and folders of them; move it elsewhere",
                )
    return sorted(found)


def _unread(folder: Path, there: Path, error: OSError) -> None:
    """Raise `PolicyError` for a folder whose policies cannot be seen."""
    path = folder / Path(str(error.filename or there)).relative_to(there)
    raise PolicyError.of(
        "GATE011",
        f"cannot read the folder `{path}`: {disk.reason(error)}",
        str(path),
        "make it readable, or move it elsewhere",
    ) from None


def load(
    paths: tuple[Path, ...],
    vocabulary: Vocabulary,
    roots: tuple[Path, ...] = (),
    *,
    warn: bool = True,
    at: At = Path,
) -> PolicySet:
    """Read and check all policies of files and folders; raises `PolicyError` with every error of all of them.

    `roots`: the project's policy folders; a file inside one may `use` what lies in it.  `warn`: lint them too.  `at`:
    where what is at a path is read.
    """
    files = find(paths, at)
    folders = [root_of(p if at(p).is_dir() else p.parent, roots, at) for p in paths]
    library = _Library(folders, at=at)
    # by their names, as whoever replays a decision has them
    return _check(tuple(sorted(_normal(f) for f in files)), library, vocabulary, warn=warn)


def unchanged(found: PolicySet, paths: tuple[Path, ...]) -> bool:
    """Are the files of a policy set, found and read again, what they were when it was loaded."""
    try:
        texts = dict(found.texts)
        return {_normal(f) for f in find(paths)} <= texts.keys() and all(
            read_text(Path(n)) == t for n, t in found.texts
        )
    except PolicyError:
        return False


def root_of(folder: Path, roots: tuple[Path, ...], at: At = Path) -> Path:
    """The policy root that a folder lies in: one of the project's, else itself."""
    real = at(folder).resolve()
    return next((r for r in roots if at(r).is_dir() and real.is_relative_to(at(r).resolve())), folder)


def from_texts(
    texts: dict[str, str], vocabulary: Vocabulary, *, warn: bool = True, settings: Mapping[str, Any] | None = None
) -> PolicySet:
    """Check policies from texts by name, as a replay or a library has them."""
    found = _check(tuple(sorted(texts)), _Library([], texts), vocabulary, warn=warn)
    return replace(found, settings=settings)


def typed_expression(source: Source, paths: tuple[str, ...], vocabulary: Vocabulary) -> typed.Truth | typed.Term:
    """One expression, typed under the declarations of some policy files; raises `PolicyError`."""
    files = find(tuple(Path(p) for p in paths)) if paths else ()
    library = _Library([f.parent for f in files] or [Path()])
    texts = []
    for file in files:
        text, faults = library.text(_normal(file))
        if faults:
            raise PolicyError(faults)
        texts.append(text)
    node = parse_expression(source)
    try:
        return check_expression(node, vocabulary, tuple(texts), library.used)
    except PolicyError as error:
        ours = node.span.source
        raise PolicyError(tuple(moved(d, source) if d.span.source is ours else d for d in error.diagnostics)) from None


def _common(folders: list[Path]) -> Path:
    return Path(os.path.commonpath(folders))


def _check(names: tuple[str, ...], library: _Library, vocabulary: Vocabulary, *, warn: bool) -> PolicySet:
    found: list[Diagnostic] = []
    policies: list[Policy] = []
    headers: dict[str, syntax.Header] = {}
    for name in names:
        try:
            text, faults = library.text(name)
        except PolicyError as error:
            found += error.diagnostics
            continue
        found += faults
        if not text.statements and not faults:
            what = "nothing stands in this file, no policy and no declaration"
            found.append(
                Diagnostic(
                    "GATE009", what, Span(Source(name, ""), 0, 0), "bring its policy back, or take the file away"
                )
            )
        checked = check(text, vocabulary, library.used, warn=warn)
        found += checked.diagnostics
        if text.header is not None:
            first = headers.setdefault(text.header.name, text.header)
            if first is not text.header:
                found.append(
                    Diagnostic(
                        "GATE104",
                        f"the policy `{text.header.name}` is already at {first.span.place}",
                        text.header.span,
                        "a policy has one name in the whole set",
                    )
                )
        if checked.policy is not None and not faults:
            policies.append(checked.policy)
    found = sorted(dict.fromkeys(found), key=lambda d: d.order)
    if any(d.is_error for d in found):
        raise PolicyError(tuple(found))
    if not policies:
        where = names[0] if names else ""
        raise PolicyError.of(
            "GATE009",
            "there is no policy here, only declarations",
            where,
            'a policy begins with `policy NAME: "title"`',
        )
    texts = tuple(sorted((n, t.span.source.text) for n, (t, _) in library.parsed.items()))
    return PolicySet(tuple(policies), texts, tuple(found))
