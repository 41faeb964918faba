"""Typed rules and policies: conditions with who answers for them, and the moves that they are asked on."""

from __future__ import annotations

from functools import cached_property

from letpass.frozen import Frozen, part
from letpass.language.form import digest
from letpass.language.typed import Node, Truth
from letpass.move import Move


class Waivable(Frozen):
    """Who may waive a rule, and for how long at most (microseconds; None: without limit)."""

    role: str
    microseconds: int | None = None


class Rule(Node):
    """One rule, ready to evaluate.  `text` is its test as the author wrote it, `form` its canonical form."""

    policy: str
    label: str | None
    text: str
    test: Truth
    advice: bool = False
    guard: Truth | None = None
    because: str = ""
    fix: str = ""
    owner: str = ""
    since: int | None = None
    waivable: Waivable | None = None
    form: str = part(default="", compare=False, repr=False)

    @property
    def digest(self) -> str:
        """The digest of its canonical form: of the rule and the declarations that it uses, whatever the layout."""
        return digest(self.form)

    @property
    def id(self) -> str:
        """POLICY/LABEL, or the rule's text where it has no label."""
        return f"{self.policy}/{self.label}" if self.label else f"{self.policy}: {self.text}"


class Policy(Node):
    """A checked policy, and its canonical form.

    approved: how long a made move keeps its approval, in microseconds; None: without end · from_any: a deployment needs no
    stage first.
    """

    name: str
    title: str
    moves: tuple[Move, ...]
    applies: Truth | None
    owner: str
    rules: tuple[Rule, ...]
    form: str = part(default="", compare=False, repr=False)
    approved: int | None = None
    from_any: bool = False

    @cached_property
    def digest(self) -> str:
        """The digest of its canonical form: of the rules and all that they use, whatever the layout."""
        return digest(self.form)
