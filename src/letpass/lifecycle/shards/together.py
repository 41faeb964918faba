"""Checks that shards make one whole: all of one run, each of them once."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from letpass import __version__, disk
from letpass.diagnostics import ShardError
from letpass.lifecycle.shards import files
from letpass.lifecycle.shards.files import File
from letpass.registries.shards import Shard
from letpass.trust import strict

NO_WHOLE = "GATE442"
"""The code of shards that make no whole."""


def read(command: str, names: Sequence[str]) -> list[File]:
    """The shards in files, in their order; raises `ShardError` where one does not read, or they are no whole run of a command."""
    found = [files.read(name) for name in names]
    for one in found:
        _of_this(one, command)
        _alike(found[0], one)
    _each_once(found)
    return sorted(found, key=lambda f: f.header.shard.number)


def _of_this(one: File, command: str) -> None:
    header = one.header
    if header.command != command:
        help_ = "merge them by the command that made them"
        raise _no_whole(one, f"is of the command `{strict.plain(header.command)}`, and this is `{command}`", help_)
    if header.engine != __version__:
        what = f"was written by version {strict.plain(header.engine)} of the program, and this is {__version__}"
        raise _no_whole(one, what, "make and merge shards by one version")


def _alike(first: File, one: File) -> None:
    """Raise `ShardError` for the first thing in which a shard is of another run than the first one."""
    ours, theirs = one.header, first.header
    again = "make all shards of a run of one state, by one set of policies and with one `--at`, and merge no others"
    for mine, other, what in (
        (str(ours.shard.of), str(theirs.shard.of), "one of {} shards"),
        (ours.registry, theirs.registry, "of the registry `{}`"),
        (strict.written(ours.at), strict.written(theirs.at), "of the clock {}"),
        (_or_none(ours.policies), _or_none(theirs.policies), "of the policies and settings {}"),
        (_or_none(ours.trust), _or_none(theirs.trust), "of the trust file {}"),
        (_or_none(ours.commit), _or_none(theirs.commit), "of the commit {}"),
        (_head(one), _head(first), "of a ledger with {}"),
    ):
        if mine != other:
            said = f"is {what.format(mine)}, and `{disk.shown(first.name)}` {what.format(other)}"
            raise _no_whole(one, said, again)


def _each_once(found: Sequence[File]) -> None:
    """Raise `ShardError` where a shard is there twice, or one is missing."""
    there: dict[int, File] = {}
    for one in found:
        number = one.header.shard.number
        if number in there:
            what = f"is shard {one.header.shard}, and so is `{disk.shown(there[number].name)}`"
            raise _no_whole(one, what, "name each shard of the run once")
        there[number] = one
    header = found[0].header
    missing = [n for n in range(1, header.shard.of + 1) if n not in there]
    if missing:
        first = Shard(missing[0], header.shard.of)
        which = ", ".join(str(n) for n in missing[:10]) + (", …" if len(missing) > 10 else "")
        what = f"of {header.shard.of} shards {len(missing)} {'is' if len(missing) == 1 else 'are'} missing: {which}"
        by = ("--policy-ref", header.commit) if header.commit else ()
        part = f"{first}=shard-{first.number}.json"
        makes = ("policy", header.command, "--shard", part, "--at", strict.written(header.at), *by)
        help_ = f"`{shlex.join(makes)}` makes {'it' if len(missing) == 1 else 'the first of them'}"
        raise ShardError.of(NO_WHOLE, what, help=help_)


def _or_none(text: str) -> str:
    return f"`{strict.plain(text)}`" if text else "that is none"


def _head(one: File) -> str:
    header = one.header
    return f"{header.size} entries and the root `{strict.plain(header.root)}`" if header.size else "no entry"


def _no_whole(one: File, what: str, help_: str) -> ShardError:
    return ShardError.of(NO_WHOLE, f"`{disk.shown(one.name)}` {what}", disk.shown(one.name), help_)
