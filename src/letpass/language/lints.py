"""Warnings about policies that work but will surprise: directions, guards, labels, scans, data sets."""

from __future__ import annotations

from collections.abc import Iterator

from letpass.diagnostics import Diagnostic, Severity, Span
from letpass.language import chance, syntax, typed
from letpass.language.names import Scope
from letpass.language.rules import Policy
from letpass.language.typed import walk

_NAMES = {"model", "version"}
_UNVOUCHED = {*_NAMES, "stage", "registered_at", "artifact"}
"""What no service vouches for: evidence is about bytes, whatever they are called and wherever they are."""
_OTHERS = (
    "under another name only the other policies judge it: let one without `applies when` ask what every model must have"
)
_NOBODY = "no service vouches for that: ask without it, or by what evidence can say"


def lint(policy: Policy, scope: Scope) -> list[Diagnostic]:
    """All warnings of a policy that has no errors of these kinds."""
    found: list[Diagnostic] = []
    unnamed: set[str] = set()
    if policy.applies is not None:
        found += _guard(policy.applies)
    better = {m.recorded_as or m.name: m for m in scope.metrics.values()}
    for rule in policy.rules:
        if rule.label is None:
            found.append(
                _warning(
                    "GATE252",
                    "this rule has no label",
                    rule.span,
                    "a label names it in reports and waivers: `require a-label: …`",
                )
            )
        found += _directions(rule.test, better)
        found += chance.warnings(rule)
        if rule.guard is not None:
            found += _guard(rule.guard)
        for node in walk(rule.test):
            if (
                isinstance(node, typed.Measured)
                and node.data_set is None
                and node.section == "metrics"
                and node.name not in unnamed
            ):
                unnamed.add(node.name)
                name = better[node.name].name if node.name in better else node.name
                found.append(
                    _warning(
                        "GATE256",
                        f"`{name}` names no data set",
                        node.span,
                        f'a metric on two data sets is ambiguous: declare `metric …, on "DATA SET"` or write `{name} on "DATA SET"`',
                    )
                )
    found += _scans(policy)
    return list(dict.fromkeys(found))


def _warning(code: str, message: str, span: Span, help_: str) -> Diagnostic:
    return Diagnostic(code, message, span, help_, Severity.WARNING)


def _directions(test: typed.Truth, better: dict[str, syntax.Metric]) -> Iterator[Diagnostic]:
    """Bounds against the declared direction, where nothing turns them round."""
    match test:
        case typed.Both() | typed.Either():
            for part in test.parts:
                yield from _directions(part, better)
        case typed.AttestedBy():
            yield from _directions(test.operand, better)
        case typed.ForAll():
            yield from _directions(test.have, better)
        case typed.Comparison(left=(typed.Measured() | typed.Element()) as left):
            measure = left if isinstance(left, typed.Measured) else left.of if left.field == "value" else None
            declared = better.get(measure.name) if measure else None
            wrong = {"higher": {"<=", "<"}, "lower": {">=", ">"}}
            if declared is not None and declared.better and test.operator in wrong[declared.better]:
                yield _warning(
                    "GATE251",
                    f"`{' '.join(test.span.text.split())}` is a bound against the direction of `{declared.name}`",
                    test.span,
                    f"{declared.better} is better, so the bound is `{'>=' if declared.better == 'higher' else '<='}`",
                )
        case _:
            return


def _guard(guard: typed.Truth) -> Iterator[Diagnostic]:
    """Warn of guards that read what anybody may write: a guard switches its rule off."""
    match guard:
        case typed.AttestedBy() | typed.HasChampion() | typed.OlderBars():
            return
        case typed.Not():
            yield from _guard(guard.operand)
        case typed.Both() | typed.Either():
            for part in guard.parts:
                yield from _guard(part)
        case typed.Named():
            yield from _guard(guard.body)  # type: ignore[arg-type]
        case _:
            words = " ".join(guard.span.text.split())
            read = {n.path.partition(".")[0] for n in walk(guard) if isinstance(n, typed.Scalar)}
            vouched = f'write `({words} attested by "SERVICE")`'
            yield _warning(
                "GATE254",
                f"whoever writes to the registry can switch this off: `{words}`",
                guard.span,
                _OTHERS if read & _NAMES else _NOBODY if read & _UNVOUCHED else vouched,
            )


def _scans(policy: Policy) -> Iterator[Diagnostic]:
    nodes = [n for rule in policy.rules for n in walk(rule.test)]
    if any(isinstance(n, typed.RecordList) and n.root == "scans" for n in nodes):
        return
    for node in nodes:
        if isinstance(node, typed.ToolScanned):
            yield _warning(
                "GATE255",
                f"a scan by `{node.tool}` is asked for, but nothing about its findings",
                node.span,
                "add `require no scans.findings where severity >= high`",
            )
