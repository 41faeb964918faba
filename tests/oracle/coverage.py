"""What a run has gone through: which forms came to which truths, and what stood where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from tests.oracle import conditions as c
from tests.oracle import terms as t
from tests.oracle.policies import Policy

Pair = tuple[str, str]
HOPEFUL = frozenset({"Recorded", "Computed", "Scanned", "Signed", "SignedRoles"})
"""True or unknown, never false."""
WANTING = frozenset({"Recorded", "Pinned", "Computed", "Within"})
"""What stands neither under a negation nor in a guard."""
SILENT = frozenset({"Bars", "Champion", "Computed", "Passed", "Scanned", "Signed", "SignedRoles"})
"""What speaks of no element, and stands in a list only beside something that does."""
CONDITIONS = frozenset(k.__name__ for k in c.Condition.__args__)
TERMS = frozenset({"Literal", "Name", "Sum", "Product", "Abs", "Extreme"})


NO_PLACES = frozenset({"list", "name", "names", "age", "by", "score"})
"""Fields of a form in which nothing else stands."""


def truths() -> set[tuple[str, bool | None]]:
    """Every form with every truth that it can have."""
    return {
        (k, v)
        for k in CONDITIONS
        for v in (True, False, None)
        if not (k in HOPEFUL and v is False) and (k, v) != ("Computed", False)
    }


def places() -> set[Pair]:
    """Every condition in every place where one may stand, and every term in every term."""
    turned = ("guard", "applies", "Not", "ForAll.where", "Count no.where", "Count at most.where", "Extreme.where")
    loose = ("test", "let", "And", "Or", "ForAll.have", "Count at least.where")
    found = {(place, k) for place in loose for k in CONDITIONS} | {
        (place, k) for place in turned for k in CONDITIONS - WANTING
    }
    found -= {(place, k) for place in (*turned, *loose) if "." in place for k in SILENT}
    found |= {(side, k) for side in ("Compare.left", "Compare.right") for k in TERMS}
    found |= {("Compare.left", "Name"), ("Compare.right", "Day"), ("Compare.right", "Word"), ("let", "Literal")}
    found |= {("Sum.left", k) for k in TERMS} | {("Sum.right", k) for k in TERMS - {"Sum"}}
    found |= {("Product.term", k) for k in TERMS - {"Literal", "Product", "Abs"}} | {
        ("Abs.term", k) for k in TERMS - {"Literal", "Abs"}
    }
    return found


def pairs(policy: Policy) -> set[Pair]:
    """What stands where in a policy."""
    found = set[Pair]()
    roots = [("test", r.test) for r in policy.rules] + [("guard", r.guard) for r in policy.rules if r.guard]
    roots += [("applies", policy.applies)] if policy.applies else []
    roots += [("let", x.of) for x in policy.lets]
    for place, part in roots:
        found.add((place, type(part).__name__))
        found |= set(_inside(part))
    return found


def _inside(part: c.Condition | t.Term) -> Iterator[Pair]:
    kind = type(part).__name__
    if isinstance(part, c.Count):
        kind = f"Count {part.how}"
    for field in fields(part):
        value = getattr(part, field.name)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, c.Condition | t.Term) and field.name not in NO_PLACES:
                place = kind if isinstance(part, c.Not | c.And | c.Or) else f"{kind}.{field.name}"
                yield place, type(one).__name__
                yield from _inside(one)
