"""Where a gate can never open: policies that name what the project does not have, and stages that no policy speaks of."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from letpass.diagnostics import Diagnostic, Severity, Source, Span, nearest, offer
from letpass.gate import gated
from letpass.language import typed
from letpass.language.rules import Rule
from letpass.move import Stage, promotion
from letpass.trust.roles import BREAK_GLASS

if TYPE_CHECKING:
    from letpass.project.policyset import PolicySet
    from letpass.trust.chain import Trust
    from letpass.trust.trustfile import Version


def faults(
    policies: PolicySet, stages: Iterable[Stage], declared: Collection[Stage], trust: Trust | None, where: str,
    waiting: Version | None = None,
) -> list[Diagnostic]:  # fmt: skip
    """Warnings, by the code of their page.

    `stages`: the gated ones · `declared`: those that the configuration names, so that none of them is a slip · `where`: the
    name of what protects them · `waiting`: the next version of the trust file, which its root has not signed yet.
    """
    return list(dict.fromkeys([*_stages(policies, tuple(stages), declared, where), *_roles(policies, trust, waiting)]))


def roles(policies: PolicySet) -> dict[str, int]:
    """The roles that policies name, each with how many of it must sign at most; 0 where it only waives."""
    found: dict[str, int] = {}
    for policy in policies.policies:
        for node in typed.walk(policy.rules):
            if isinstance(node, typed.SignedBy):
                for role in node.roles:
                    found[role] = max(found.get(role, 0), node.count)
            elif isinstance(node, Rule) and node.waivable is not None:
                found.setdefault(node.waivable.role, 0)
    return dict(sorted(found.items()))


def _stages(
    policies: PolicySet, stages: tuple[Stage, ...], declared: Collection[Stage], where: str
) -> Iterator[Diagnostic]:
    """Gated stages without a policy, and policies on what looks like one of them."""
    spoken = {m.stage: p for p in policies.policies for m in p.moves if m.stage is not None}
    silent = [s for s in stages if not any(promotion(s) in p.moves for p in policies.policies)]
    for stage in silent:
        what = f"`{stage}` is gated, and no policy is `on promotion to {stage}`, so every promotion there is denied"
        like = next((s for s in spoken if s not in declared and gated.near(s, [stage])), None)
        if like is None:
            yield _warning(
                "GATE257", what, Span(Source(where, ""), 0, 0), "write a policy on it; `policy init` offers some"
            )
        else:
            help_ = f"`{spoken[like].name}` is on `{like}`: write `{stage}` there, if that is meant"
            yield _warning("GATE257", what, spoken[like].span, help_)
    others = [s for s in dict.fromkeys((*declared, *stages)) if s not in silent]
    for stage, policy in spoken.items():
        like = next((s for s in others if stage not in declared and s != stage and gated.near(s, [stage])), None)
        if like is not None:
            what = f"`{policy.name}` is on `{stage}`, which looks like `{like}`"
            help_ = f"write `{like}` there, or name `{stage}` in `protected` where it is another stage"
            yield _warning("GATE257", what, policy.span, help_)


def _roles(policies: PolicySet, trust: Trust | None, waiting: Version | None) -> Iterator[Diagnostic]:
    """Roles and services that the trust file does not have, or not enough people in them."""
    if trust is None:
        return
    current = trust.current
    for policy in policies.policies:
        for node in typed.walk(policy.rules):
            if isinstance(node, typed.SignedBy):
                for role in node.roles:
                    yield from _role(role, node.count if len(node.roles) == 1 else 1, trust, waiting, node.span)
            elif isinstance(node, Rule) and node.waivable is not None:
                yield from _role(node.waivable.role, 1, trust, waiting, node.span)
            elif isinstance(node, typed.AttestedBy) and node.service not in current.services:
                waits = waiting if waiting is not None and node.service in waiting.services else None
                help_ = (
                    _signs(waits)
                    or offer(nearest(node.service, current.services))
                    or f"`policy trust add service {shlex.quote(node.service)} --key KEY.pub`, and `policy trust sign`"
                )
                yield _warning("GATE258", f"the trust file has no service `{node.service}`", node.span, help_)


def _signs(waiting: Version | None) -> str:
    """What puts a version of the trust file in force that has what is lacking; nothing where none waits."""
    return f"version {waiting.number}, which has it, waits: `policy trust sign`" if waiting is not None else ""


def _role(name: str, needed: int, trust: Trust, waiting: Version | None, span: Span) -> Iterator[Diagnostic]:
    role, next_ = trust.current.roles.get(name), waiting.roles.get(name) if waiting is not None else None
    waits = waiting if next_ is not None and len(next_.members) >= max(needed, next_.threshold) else None
    if role is None:
        if name == BREAK_GLASS:  # a project may have nobody who breaks the glass
            return
        add = f"`policy trust add role {shlex.quote(name)} --member PERSON`, and `policy trust sign`"
        help_ = _signs(waits) or offer(nearest(name, trust.current.roles), "role") or add
        yield _warning("GATE258", f"the trust file has no role `{name}`", span, help_)
    elif len(role.members) < max(needed, role.threshold):
        members = "1 member" if len(role.members) == 1 else f"{len(role.members)} members"
        what = f"the role `{name}` has {members}, and {max(needed, role.threshold)} must sign"
        add = f"`policy trust add role {shlex.quote(name)} --member PERSON`, and `policy trust sign`"
        yield _warning("GATE258", what, span, _signs(waits) or add)


def _warning(code: str, message: str, span: Span, help_: str) -> Diagnostic:
    return Diagnostic(code, message, span, help_, Severity.WARNING)
