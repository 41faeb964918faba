"""A policy as text."""

from __future__ import annotations

import re

from tests.oracle import conditions as c
from tests.oracle import terms as t
from tests.oracle.policies import Fact, Let, Metric, Policy, Rule

QUOTED = frozenset(
    {
        "policy", "use", "metric", "fact", "let", "require", "advise", "when", "because", "and", "or", "recorded",
        "pinned", "computed", "not",
    }
)  # fmt: skip


def word(text: str) -> str:
    """A symbol, in quotation marks where it is no plain word."""
    return text if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", text) and text not in QUOTED else f'"{text}"'


def literal(of: t.Literal) -> str:
    """A number with its unit."""
    return of.number + (of.unit if of.unit == "%" else f" {of.unit}" if of.unit else "")


def name(of: t.Name) -> str:
    """A name with its data set."""
    return of.path + (f' on "{of.on}"' if of.on is not None else "")


def term(of: t.Term, *, tight: bool = False) -> str:
    """A side of a comparison; tight: what stands beside binds tighter than a sum."""
    match of:
        case t.Literal():
            return literal(of)
        case t.Word():
            return word(of.word)
        case t.Day():
            return of.date
        case t.Name():
            return name(of)
        case t.Sum():
            text = f"{term(of.left)} {of.sign} {term(of.right, tight=True)}"
            return f"({text})" if tight else text
        case t.Product():
            return f"{term(of.term, tight=True)} * {literal(of.by)}"
        case t.Abs():
            return f"abs({term(of.term)})"
        case t.Extreme():
            where = f" where {asked(of.where)}" if of.where else ""
            path = t.Name(f"{of.list.path}.{of.field}", of.list.on)
            return f"{of.which}({name(path)}{where})"


def inner(of: c.Condition) -> str:
    """In a chain or under `not`: one condition, or in parentheses."""
    simple = not isinstance(of, c.And | c.Or | c.ForAll | c.Count)
    return condition(of) if simple else f"({condition(of)})"


def asked(of: c.Condition, *, forms: bool = False) -> str:
    """Behind `where` and, where forms may stand, `have`. What is attested for itself is not the form's."""
    loose = isinstance(of, c.And | c.Or) or (isinstance(of, c.ForAll | c.Count) and not forms) or _attested(of)
    return f"({condition(of)})" if loose else condition(of)


def _attested(of: c.Condition) -> bool:
    while isinstance(of, c.Not):
        of = of.of
    last = getattr(of, "have", None) or (of.where if isinstance(of, c.Count) else None)
    return bool(getattr(of, "service", None)) or (last is not None and _attested(last))


def condition(of: c.Condition) -> str:
    """A condition, without parentheses around."""
    behind = f' attested by "{of.service}"' if getattr(of, "service", None) else ""
    match of:
        case c.Compare():
            level = f"{' paired' * of.paired}{' corrected for its judge' * of.judged}"
            level += f" at {of.level}% confidence" if of.level else ""
            level += f" over {of.tries} tries" if of.tries else ""
            return f"{term(of.left)} {of.sign} {term(of.right)}{level}{behind}"
        case c.Is():
            return f"{name(of.name)} is {'not ' if of.negated else ''}{word(of.word)}{behind}"
        case c.In():
            words = ", ".join(word(w) for w in of.words)
            return f"{name(of.name)} {'not ' if of.negated else ''}in {{{words}}}{behind}"
        case c.Like():
            return f'{name(of.name)} like "{of.pattern}"{behind}'
        case c.Within():
            return f"{name(of.name)} within {literal(of.age)}{behind}"
        case c.Recorded():
            verb = "is" if len(of.names) == 1 else "are"
            return f"{', '.join(name(n) for n in of.names)} {verb} recorded{behind}"
        case c.Pinned():
            return f"{name(of.name)} is pinned{behind}"
        case c.Computed():
            return "artifact.digest is computed"
        case c.Champion():
            return "there is a champion"
        case c.Flag():
            return f"{name(of.name)}{behind}"
        case c.Passed():
            score = f" with score {of.score[0]} {literal(of.score[1])}" if of.score else ""
            return f'passed "{of.suite}"{score}{_age(of.age)}{behind}'
        case c.Scanned():
            return f'scanned by "{of.tool}"{_age(of.age)}{behind}'
        case c.Signed():
            count = f"{of.count} in " if of.count > 1 else ""
            return f'signed by {count}role "{of.role}"{_other(of.other)}{_age(of.age)}'
        case c.SignedRoles():
            roles = '", "'.join(of.roles)
            return f'signed by roles "{roles}"{_other(of.other)}'
        case c.Not():
            return f"not {inner(of.of)}"
        case c.And() | c.Or():
            between = " and " if isinstance(of, c.And) else " or "
            return between.join(inner(p) for p in of.of)
        case c.ForAll():
            where = f" where {asked(of.where)}" if of.where else ""
            return f"all {name(of.list)}{where} have {asked(of.have, forms=True)}{behind}"
        case c.Count():
            where = f" where {asked(of.where)}" if of.where else ""
            how = of.how if of.how == "no" else f"{of.how} {of.count}"
            return f"{how} {name(of.list)}{where}{behind}"


def _age(of: t.Literal | None) -> str:
    return f" within {literal(of)}" if of else ""


def _other(of: bool) -> str:
    return " other than author" if of else ""


def metric(of: Metric) -> str:
    """The declaration of a metric."""
    unit = f" in {of.unit}" if of.unit else ""
    traits = [f"{of.better} is better"] if of.better else []
    traits += [f'on "{of.on}"'] if of.on else []
    traits += [f'recorded as "{of.recorded_as}"'] if of.recorded_as else []
    return ", ".join([f"metric {of.name}: {of.kind}{unit}", *traits])


def fact(of: Fact) -> str:
    """The declaration of a fact."""
    words = f" {{{', '.join(word(w) for w in of.words)}}}" if of.words else ""
    return f"fact {of.name}: {of.kind}{words}{f' in {of.unit}' if of.unit else ''}"


def let(of: Let) -> str:
    """A `let`."""
    text = term(of.of) if isinstance(of.of, t.Term) else condition(of.of)
    return f"let {of.name} = {text}"


def rule(of: Rule) -> str:
    """A rule with its guard."""
    guard = f"\n  when {condition(of.guard)}" if of.guard else ""
    return f"{'advise' if of.advice else 'require'} {of.label}: {condition(of.test)}{guard}"


def policy(of: Policy) -> str:
    """The whole text."""
    lines = ['policy oracle: "Oracle"', "  on promotion to production"]
    lines += [f"  applies when {condition(of.applies)}"] if of.applies else []
    lines += [metric(m) for m in of.metrics] + [fact(f) for f in of.facts]
    lines += [let(x) for x in of.lets] + [rule(r) for r in of.rules]
    return "\n".join(lines) + "\n"
