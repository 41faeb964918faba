"""What has changed in the policies since their owners last signed them, rule by rule: shown to them before they sign.

The text of a signed set is kept beside its signatures, in the form that their digests are of, so that the difference can be
shown where there is neither a ledger nor git.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from letpass.diagnostics import InvalidError

if TYPE_CHECKING:
    from letpass.project.policyset import PolicySet
    from letpass.trust.chain import Trust
    from letpass.trust.statements import Statement

FORMS = ".forms"
"""How the files end that keep the texts of signed sets."""


def keep(folder: Path, signed: PolicySet) -> None:
    """Keep the text of a set that was signed."""
    from letpass.registries import carried

    forms = {p.name: p.form for p in signed.policies}
    text = json.dumps(forms, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    carried.put(folder, signed.digest, text.encode("utf-8"), FORMS)


def kept(folder: Path, before: Statement | None) -> Mapping[str, str]:
    """The texts of the policies that a signature is of, by name; without those that are not what was signed."""
    from letpass import disk
    from letpass.language import form
    from letpass.trust import strict

    if before is None:
        return {}
    path = folder / f"{before.artifact.partition(':')[2][:16]}{FORMS}"
    try:
        found = strict.loads(disk.read(path, 16 << 20), 16 << 20)
    except (OSError, InvalidError):
        return {}
    signed = before.predicate["policies"]
    texts = found.items() if isinstance(found, dict) else ()
    return {n: t for n, t in texts if isinstance(t, str) and signed.get(n) == form.digest(t)}


def lines(loaded: PolicySet, before: Statement | None, texts: Mapping[str, str]) -> Iterator[str]:
    """Each policy of a set, and what is new against the set that an owner signed last, of which `texts` are."""
    signed = before.predicate["policies"] if before is not None else {}
    for policy in loaded.policies:
        moves = ", ".join(str(m) for m in policy.moves)
        new = "new" if policy.name not in signed else "changed" if signed[policy.name] != policy.digest else "as signed"
        count = f"{len(policy.rules)} rule{'' if len(policy.rules) == 1 else 's'}"
        yield f"{policy.name}: {policy.title} ({moves}; {count}{f'; {new}' if signed else ''})"
        if signed and new != "as signed":
            yield from _difference(texts.get(policy.name, ""), policy.form, known=policy.name in texts or new == "new")
    for name in sorted(set(signed) - {p.name for p in loaded.policies}):
        yield f"{name}: no longer there"
        yield from _difference(texts.get(name, ""), "", known=name in texts)
    if before is not None:
        yield from _settings(before.predicate["settings"], loaded.settings or {})
        yield f"compared with what {before.text('signer')} signed at {before.text('issuedAt')}"


def _difference(old: str, new: str, *, known: bool) -> Iterator[str]:
    """The lines that went and came, marked; `known`: is the old text at hand."""
    if not known:
        yield "  what was signed before is not kept here, so that it cannot be shown line by line"
        return
    for line in difflib.ndiff(old.splitlines(), new.splitlines()):
        if line.startswith(("- ", "+ ")):
            yield f"  {line}"


def _settings(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    """What has changed of the settings in policy.toml that decide."""
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            yield f"policy.toml, {name}: {json.dumps(old.get(name))} then, {json.dumps(new.get(name))} now"


def unknown(loaded: PolicySet, trust: Trust) -> Iterator[str]:
    """Roles and services that the policies name and the trust file does not have: nobody could ever satisfy them."""
    from letpass.cli.commands.trust_files import Files
    from letpass.gate import readiness

    for found in readiness.faults(loaded, (), (), trust, "", Files.here().next_version()):
        yield f"note: {found.message} ({found.span.place})" + (f"; {found.help}" if found.help else "")
