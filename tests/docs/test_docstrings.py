"""What a docstring says of errors is what the function raises.

That each public function has one at all, the linter sees to.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from letpass import diagnostics

SOURCE = Path(__file__).parents[2] / "src/letpass"
OWN = {
    name
    for name, value in vars(diagnostics).items()
    if isinstance(value, type) and issubclass(value, diagnostics.LetpassError)
}


def raised(function: ast.FunctionDef) -> set[str]:
    """The project's own errors that a function raises itself: `raise SomeError.of(…)` or `raise SomeError(…)`."""
    made = [n.exc.func for n in ast.walk(function) if isinstance(n, ast.Raise) and isinstance(n.exc, ast.Call)]
    names = [f.value if isinstance(f, ast.Attribute) else f for f in made]
    return {n.id for n in names if isinstance(n, ast.Name)} & OWN


def differences(text: str) -> list[str]:
    """The functions of a module whose docstrings name errors, and not all that they raise."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            told = set(re.findall(r"`(\w+Error)`", ast.get_docstring(node) or "")) & OWN
            if told and "LetpassError" not in told and (missing := raised(node) - told):
                found.append(f"{node.name}: {', '.join(sorted(missing))}")
    return found


def test_errors_are_named_as_they_are() -> None:
    """Who catches what a docstring names lets nothing else through: eighteen named the error of another door."""
    found = {
        str(p.relative_to(SOURCE)): differences(p.read_text(encoding="utf-8")) for p in sorted(SOURCE.rglob("*.py"))
    }

    assert len(found) > 400
    assert {path: what for path, what in found.items() if what} == {}


def test_a_docstring_that_names_another_error_is_found() -> None:
    """The check can fail."""
    text = 'def read():\n    """It; raises `TrustError`."""\n    raise LedgerError.of("GATE421", "no")\n'

    assert differences(text) == ["read: LedgerError"]
    assert differences(text.replace("TrustError", "LedgerError")) == []
