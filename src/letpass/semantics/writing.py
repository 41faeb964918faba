"""Formulas as text that people read.

    holds where
      v2 >= v3
    fails where it does not hold, and every value in it is known
    with
      v1 = 1, 100 for `%`, by metrics.fairness.unit
      v2 = metrics.fairness.value, known where metrics.fairness.value >= 0 and metrics.fairness.value <= v1
      v3 = 0.9, 90 for `%`, by metrics.fairness.unit

Values and conditions that stand more than once, and those that are long, have names, each behind those that it is made of.  `it` is
the element at hand, `it2` one of a list inside that.  What an evaluation is given beside the record stands in brackets.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from letpass.semantics import formula as f
from letpass.semantics import places, values
from letpass.semantics.formula import Formula, Shape
from letpass.semantics.meaning import Meaning
from letpass.semantics.nodes import Node
from letpass.semantics.places import List, Place
from letpass.semantics.values import Asked, Value

WIDTH = 100  # columns, before a formula is broken into lines
_NAMED = (
    values.Given
    | values.Pick
    | values.Default
    | values.Extreme
    | places.Provided
    | places.Twin
    | places.Fellow
    | values.Greatest
)
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_SHAPES = {Shape.FILLED: ("blank", True), Shape.WHOLE: ("whole", False), Shape.DIGEST: ("pinned", False)}


def written(meaning: Meaning) -> str:
    """When a condition holds, when it fails, and the values that the two speak of, each line ended by a line feed."""
    writer = _Writer()
    lines = ["holds where", *_indented(writer.lines(meaning.holds))]
    if meaning.complement:
        lines.append("fails where it does not hold, and every value in it is known")
    else:
        lines += ["fails where", *_indented(writer.lines(meaning.fails))]
    if writer.defined:
        lines += ["with", *_indented(writer.defined)]
    return "".join(f"{line}\n" for line in lines)


class _Writer:
    """Writes formulas; what is worth a name gets one."""

    def __init__(self) -> None:
        self.defined: list[str] = []
        self._names: dict[Node, str] = {}
        self._counts: dict[str, int] = {}

    # ------------------------------------------------------------ formulas

    def lines(self, node: Formula, room: int = WIDTH) -> list[str]:
        """A formula in as many lines as it needs."""
        text = self.formula(node)
        if len(text) <= room:
            return [text]
        match node:
            case f.And() | f.Or():
                word, found = ("and " if isinstance(node, f.And) else "or "), list[str]()
                for operand in node.operands:
                    inner = self.lines(operand, room - 4)
                    inner = [f"({inner[0]}", *inner[1:-1], f"{inner[-1]})"] if len(inner) > 1 else [self._part(operand)]
                    found += [f"{word if found else ''}{inner[0]}", *_indented(inner[1:])]
                return found
            case f.AtLeast() | f.Not(operand=f.AtLeast()):
                head, where = self._through(node)
                return [f"{head}:", *_indented(self.lines(where, room - 2))]
            case _:
                return [text]

    def formula(self, node: Formula) -> str:
        """A formula in one line."""
        match node:
            case f.Always():
                return "always" if node.truth else "never"
            case f.Known():
                return f"{self._any(node.of)} is known"
            case f.Written():
                return f"{self.place(node.place)}.{node.field} is written"
            case f.Compare(right=values.Literal(value=bool(flag))):
                return f"{self.value(node.left)} is {str(flag is (node.operator == '==')).lower()}"
            case f.Compare():
                scale = "" if node.scale is None else f" within 1e-12 of {self.value(node.scale)}"
                return f"{self.value(node.left)} {node.operator} {self.value(node.right)}{scale}"
            case f.Among():
                words = ", ".join(sorted(map(_word, node.words)))
                return f"{self.value(node.value)} {'not in' if node.negated else 'in'} {{{words}}}"
            case f.Matches():
                return f'{self.value(node.value)} {"not " * node.negated}like "{"*".join(node.pattern)}"'
            case f.Shaped():
                shape, isnt = _SHAPES[node.shape]
                return f"{self.value(node.value)} is {'not ' * (isnt is not node.negated)}{shape}"
            case f.Whole():
                return f"{self.list(node.list)} is all there is"
            case f.And():
                return " and ".join(map(self._part, node.operands))
            case f.Or():
                return " or ".join(map(self._part, node.operands))
            case f.AtLeast() | f.Not(operand=f.AtLeast()):
                head, where = self._through(node)
                return head if where == f.TRUE else f"{head}: {self.formula(where)}"
            case f.Not():
                return f"not ({self.formula(node.operand)})"
            case values.Input():
                return _asked(node)

    def _part(self, node: Formula) -> str:
        bare = node.operand if isinstance(node, f.Not) else node
        inside = isinstance(bare, f.AtLeast) and bare.where != f.TRUE
        return f"({self.formula(node)})" if inside or isinstance(node, f.And | f.Or) else self.formula(node)

    def _through(self, node: f.AtLeast | f.Not) -> tuple[str, Formula]:
        """What of a list is asked, and the condition on its elements."""
        loop = node.operand if isinstance(node, f.Not) else node
        assert isinstance(loop, f.AtLeast)
        if loop.count == 1:
            how = "some" if node is loop else "no"
        else:
            how = f"at least {loop.count}" if node is loop else f"fewer than {loop.count}"
        return f"{how} {_it(loop.level)} in {self.list(loop.list)}", loop.where

    def _condition(self, node: Formula) -> str:
        """A condition under which something is known: by its name, where it is long."""
        text = self.formula(node)
        return text if len(text) <= WIDTH else self._named(node, "c", lambda: self.lines(node))

    # ------------------------------------------------------------ values, lists, places

    def _any(self, node: Value | List | places.Measure | places.Twin) -> str:
        if isinstance(node, places.Measure | places.Twin):
            return self.place(node)
        return self.list(node) if isinstance(node, List) else self.value(node)

    def value(self, node: Value) -> str:
        """A value: its name, where it is worth one."""
        return self._named(node, "v", lambda: [self._value(node)]) if isinstance(node, _NAMED) else self._value(node)

    def _named(self, node: Node, prefix: str, define: Callable[[], list[str]]) -> str:
        if node not in self._names:
            first, *rest = define()
            self._counts[prefix] = self._counts.get(prefix, 0) + 1
            self._names[node] = f"{prefix}{self._counts[prefix]}"
            self.defined += [f"{self._names[node]} = {first}", *_indented(rest)]
        return self._names[node]

    def _value(self, node: Value) -> str:
        match node:
            case values.Read():
                return self._read(node)
            case values.Literal():
                return _literal(node.value)
            case values.Clock():
                return "now"
            case values.Sum(right=values.Literal(value=int(by))):
                return f"{self.value(node.left)} {'-' if by * node.sign < 0 else '+'} {_seconds(abs(by))}"
            case values.Sum():
                return f"({self.value(node.left)} {'+' if node.sign > 0 else '-'} {self.value(node.right)})"
            case values.Product():
                return f"{self.value(node.left)} * {self.value(node.right)}"
            case values.Quotient():
                return f"{self.value(node.left)} / {self.value(node.right)}"
            case values.Absolute():
                return f"abs({self.value(node.operand)})"
            case values.Greatest():
                return f"max({', '.join(self.value(v) for v in node.values)})"
            case values.Root():
                return f"sqrt({self.value(node.operand)})"
            case values.Apart():
                return f"cases_right_in({self.value(node.ours)}, but not in {self.value(node.theirs)})"
            case values.Wilson():
                counts = f"{self.value(node.successes)}, {self.value(node.samples)}"
                return f"wilson_{'lower' if node.lower else 'upper'}({counts}, z {node.z:.6g})"
            case values.Pick():
                return self._picked(node)
            case values.Given():
                return f"{self.value(node.value)}, known where {self._condition(node.condition)}"
            case values.Default():
                return f"{self.value(node.value)}, else {self.value(node.otherwise)}"
            case values.Extreme():
                where = "" if node.where == f.TRUE else f" where {self._condition(node.where)}"
                return f"{node.which} of {self.value(node.value)}, {_it(node.level)} in {self.list(node.list)}{where}"
            case values.Combinations():
                inside = "".join(f", {self.value(inner)} for each" for inner in node.inside)
                return f"combinations of {self.list(node.list)}{inside}"
            case values.Input():
                return _asked(node)

    def _picked(self, node: values.Pick) -> str:
        """The usual number first, then the others with their texts."""
        texts: dict[float, list[str]] = {}
        for text, number in node.table:
            texts.setdefault(number, []).append(f"`{text}`")
        others = [f"{_literal(n)} for {' '.join(words)}" for n, words in texts.items() if n != node.absent]
        usual = [] if node.absent is None else [_literal(node.absent)]
        return f"{', '.join(usual + others)}, by {self.value(node.key)}"

    def _read(self, node: values.Read) -> str:
        if isinstance(node.place, places.Itself):
            path = node.field.removeprefix("@trust:")
            name = f"champion.{path}" if node.place.champion else path
            return name if path == node.field else f"[who vouches for {name}]"
        place = self.place(node.place)
        return f"[who vouches for {place}]" if node.field == "@trust" else f"{place}.{node.field}"

    def list(self, node: List) -> str:
        """A list."""
        match node:
            case places.Listed():
                return f"champion.{node.root}" if node.champion else node.root
            case places.Inside():
                return f"{self.place(node.place)}.{node.field}"
            case places.Joined():
                return f"{self.list(node.outer)}.{node.field}"
            case places.Provided():
                return self._named(
                    node, "l", lambda: [f"{self.list(node.list)}, known where {self._condition(node.condition)}"]
                )

    def place(self, node: Place) -> str:
        """Where values stand."""
        match node:
            case places.Itself():
                return "champion" if node.champion else "candidate"
            case places.Measure():
                name = f"{'champion.' * node.champion}{node.section}.{_word(node.name)}"
                return name if node.data_set is None else f'({name} on "{node.data_set}")'
            case places.Run():
                return f'{node.section}."{node.name}"'
            case places.Element():
                return _it(node.level)
            case places.Twin():
                return self._named(
                    node, "m", lambda: [f"the champion's measure on the data of {self.place(node.like)}"]
                )
            case places.Fellow():
                twin = self.place(node.twin)
                return self._named(node, "m", lambda: [f"the slice of {twin} with the group of {_it(node.level)}"])


def _it(level: int) -> str:
    return f"it{level + 1}" if level else "it"


def _indented(lines: list[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _word(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _literal(value: Any) -> str:
    """A number, text or date of the policy."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        return datetime.fromtimestamp(value // 1_000_000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return repr(value).removesuffix(".0")


def _seconds(microseconds: int) -> str:
    return f"{microseconds / 1e6:.15g} s"


def _asked(node: values.Input) -> str:
    """What is given beside the record, in words."""
    match node.asked, node.about:
        case Asked.SIGNED, (str(role), bool(apart), longest):
            text = f'how many signed as "{role}"{_how(longest, apart=apart)}'
        case Asked.NEEDED, (str(role),):
            text = f'how many the trust file asks of "{role}"'
        case Asked.MATCHED, (tuple(roles), bool(apart), longest):
            named = ", ".join(f'"{role}"' for role in roles)
            text = f"people of its own signed as each of {named}{_how(longest, apart=apart)}"
        case ((Asked.FILLED | Asked.MANY), (str(path), bool(champion), service)):
            name = f"champion.{path}" if champion else path
            mapping = node.asked is Asked.FILLED
            text = f"an entry of {name} can be read" if mapping else f"{name} is no empty list or mapping"
            text += "" if service is None else f', and "{service}" vouches for it'
        case _:
            text = node.asked.value
    return f"[{text}]"


def _how(longest: object, *, apart: bool) -> str:
    within = f" in the last {_seconds(longest)}" if isinstance(longest, int) else ""
    return f"{within}{', other than author' if apart else ''}"
