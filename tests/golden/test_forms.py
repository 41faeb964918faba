"""The canonical form of policies, version 1, held still: signatures, requests and waivers rest on its digests.

Nothing writes `forms/v1.txt` anew.  Where this fails the form has changed, and that takes a new number: version 1 stays as
it is for what was signed, beside its successor.
"""

from __future__ import annotations

from pathlib import Path

from letpass.facts.schema import VOCABULARY
from letpass.language import syntax
from letpass.language.form import FORM
from letpass.project.policyset import PolicySet, load

FORMS = Path(__file__).parent / "forms"


def forms(found: PolicySet) -> str:
    """Every form and digest of a policy set."""
    parts = [f"{FORM}\nset {found.digest}\n"]
    for policy in found.policies:
        parts.append(f"\npolicy {policy.name} {policy.digest}\n{policy.form}")
        parts += [f"\nrule {rule.id} {rule.digest}\n{rule.form}" for rule in policy.rules]
    return "".join(parts)


def test_version_1_of_the_form_is_what_it_was() -> None:
    """Every text and digest, to the letter."""
    assert (FORMS / "v1.txt").read_text(encoding="utf-8") == forms(load((FORMS,), VOCABULARY, warn=False))


def test_the_stored_forms_have_every_construct_of_the_language() -> None:
    """What stands in none of them could change unseen."""
    from letpass.diagnostics import Source
    from letpass.language.parser import parse

    seen: set[type] = set()
    todo: list[object] = [parse(Source(p.name, p.read_text(encoding="utf-8")))[0] for p in FORMS.rglob("*.policy")]
    while todo:
        one = todo.pop()
        seen.add(type(one))
        values = (
            list(one) if isinstance(one, tuple) else list(vars(one).values()) if isinstance(one, syntax.Node) else []
        )
        todo += [v for v in values if isinstance(v, tuple | syntax.Node)]
    constructs = {c for c in vars(syntax).values() if isinstance(c, type) and issubclass(c, syntax.Node)}

    assert constructs - seen == {syntax.Node}
