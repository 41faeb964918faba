"""`policy sign`: sign a request, or the policies in force."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from letpass.cli import options, people
from letpass.cli.answering import answer
from letpass.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from letpass.policyset import PolicySet
    from letpass.trust.chain import Trust
    from letpass.trust.statements import Statement


@click.command("sign", short_help="Sign a request, or a policy set.")
@click.argument("what", metavar="REQUEST|MODEL|POLICIES")
@people.answers
def command(
    what: str, which: people.Which, role: str, key: str | None, reason: str, yes: bool, log: bool, into: str | None
) -> Exit:
    """Sign a REQUEST (its file, or the MODEL that it is about), or the policy set in a folder of POLICIES, in a role that the trust file gives you.

    What is about to be signed is shown from the bytes that are signed.  `ssh-keygen` signs, so agents and security keys
    work.

    \b
    Example:
      policy sign policies --role policy-owner --key ~/.ssh/id_ed25519
    """
    path = Path(what)
    if path.is_dir() or path.suffix == ".policy":
        return _policies(path, role, key, reason, into, yes=yes)
    return answer(what, "approve", role, key, reason, into, which, yes=yes, log=log)


def _policies(path: Path, role: str, key: str | None, reason: str, into: str | None, *, yes: bool) -> Exit:
    with options.diagnosed():
        from letpass import asking
        from letpass.canonical import digest_bytes
        from letpass.configuration import load
        from letpass.diagnostics import StatementError, clean
        from letpass.gathering import signatures_of
        from letpass.registries import carried
        from letpass.trust import inforce, statements
        from letpass.trust.trustfile import POLICY_OWNER

        configuration = load()
        _, trust = people.trusted(configuration)
        if role != POLICY_OWNER:
            raise StatementError.of("GATE415", f"policies are signed in the role `{POLICY_OWNER}`, not `{role}`")
        who, ssh, file = people.signer(trust, key, role)
        loaded = options.load_policies((str(path),), configuration)
        into_folder = Path(into) if into else signatures_of(path)
        beside = carried.below(into_folder) if into_folder.is_dir() else []
        before = inforce.last_signed(trust, statements.readable(beside), people.now())
        for line in (*_changes(loaded, before), *_unknown(loaded, trust)):
            click.echo(clean(line))
        last = before.time("issuedAt") if before is not None else 0
        payload = asking.policies(trust, loaded, who, people.now(), reason, last)
        signed = people.sign(payload, ssh, file, yes=yes)
        found = carried.put(into_folder, digest_bytes(payload), signed)
    people.written(str(found))
    return Exit.DONE


def _unknown(loaded: PolicySet, trust: Trust) -> Iterator[str]:
    """Roles and services that the policies name and the trust file does not have: nobody could ever satisfy them."""
    from letpass.diagnostics import nearest, offer
    from letpass.language import typed
    from letpass.language.typed import walk

    current = trust.current
    for policy in loaded.policies:
        roles, services = dict[str, None](), dict[str, None]()
        for rule in policy.rules:
            roles |= {rule.waivable.role: None} if rule.waivable is not None else {}
            for node in (*walk(rule.test), *walk(rule.guard)):
                roles |= dict.fromkeys(node.roles) if isinstance(node, typed.SignedBy) else {}
                services |= {node.service: None} if isinstance(node, typed.AttestedBy) else {}
        for what, named, known in (("role", roles, current.roles), ("service", services, current.services)):
            for name in named:
                if name not in known:
                    like = offer(nearest(name, known))
                    said = f"note: {policy.name} names the {what} `{name}`, which the trust file does not have"
                    yield said + (f"; {like}" if like else "")


def _changes(loaded: PolicySet, before: Statement | None) -> Iterator[str]:
    """Each policy of a set, and what is new against the set that an owner signed last."""
    signed = before.predicate["policies"] if before is not None else {}
    for policy in loaded.policies:
        moves = ", ".join(str(m) for m in policy.moves)
        new = "new" if policy.name not in signed else "changed" if signed[policy.name] != policy.digest else "as signed"
        count = f"{len(policy.rules)} rule{'' if len(policy.rules) == 1 else 's'}"
        yield f"{policy.name}: {policy.title} ({moves}; {count}{f'; {new}' if signed else ''})"
    for name in sorted(set(signed) - {p.name for p in loaded.policies}):
        yield f"{name}: no longer there"
    if before is not None:
        yield f"compared with what {before.text('signer')} signed at {before.text('issuedAt')}"
