"""Typing of lets: each once, in no ring, and not too large with the others written out."""

from __future__ import annotations

from letpass.diagnostics import PolicyError
from letpass.language import monotone, syntax, typed
from letpass.language.comparisons import Comparisons
from letpass.language.names import Level, Scope
from letpass.language.terms import Operand


class Lets(Comparisons):
    """Types the lets of one policy, and shares them; `truth` is the subclass's."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope)
        self._lets: dict[str, Operand | typed.Named | None] = {}
        self._open: list[str] = []
        self._measures: dict[int, tuple[int, int]] = {}

    def truth(self, node: syntax.Expression, levels: tuple[Level, ...] = ()) -> typed.Truth:
        """The typed form of a condition."""
        raise NotImplementedError

    def check_let(self, let: syntax.Let) -> None:
        """Type a let that perhaps no rule uses, for its faults."""
        self.let(syntax.Name(let.name, span=let.span))

    def too_large(self, node: typed.Truth) -> bool:
        """Is a condition too large or too deep, its lets written out."""
        size, depth = monotone.measure(node, self._measures)
        return size > monotone.LARGEST or depth > monotone.DEEPEST

    def let(self, name: syntax.Name) -> Operand | typed.Named:
        """The typed body of a let: a condition as `Named`, a value as its operand."""
        if name.path in self._open:
            ring = " → ".join([*self._open[self._open.index(name.path) :], name.path])
            raise PolicyError.of("GATE106", f"`{name.path}` is defined by itself", name.span, f"the ring is {ring}")
        if len(self._open) > monotone.DEEPEST:
            raise PolicyError.of(
                "GATE008", "these lets are nested too deeply", name.span, f"the deepest is {monotone.DEEPEST}"
            )
        if name.path not in self._lets:
            let = self.scope.lets[name.path]
            self._open.append(name.path)
            try:
                self._lets[name.path] = self._measured(let, self._let_body(let))
            except PolicyError:
                self._lets[name.path] = None
                raise
            finally:
                self._open.pop()
        found = self._lets[name.path]
        if found is None:
            raise PolicyError(())  # its own error has been told
        return found

    def _measured(self, let: syntax.Let, body: Operand | typed.Named) -> Operand | typed.Named:
        """The body of a let, unless it is too large or too deep with other lets written out."""
        node = body if isinstance(body, typed.Named) else body.node
        size, depth = monotone.measure(node, self._measures)
        if size > monotone.LARGEST_LET or depth > monotone.DEEPEST:
            raise PolicyError.of(
                "GATE008",
                f"`{let.name}` is too large, its lets written out",
                let.span,
                f"the most is {monotone.LARGEST_LET} parts, {monotone.DEEPEST} inside each other",
            )
        self._measures[id(node)] = (size, depth)
        return body

    def _let_body(self, let: syntax.Let) -> Operand | typed.Named:
        if isinstance(let.body, syntax.Text):
            raise PolicyError.of(
                "GATE204", "a text by itself has no name", let.body.span, "write it where it is compared"
            )
        if isinstance(
            let.body,
            syntax.Number
            | syntax.Percent
            | syntax.Quantity
            | syntax.Date
            | syntax.Sum
            | syntax.Product
            | syntax.Absolute
            | syntax.Extreme,
        ):
            return self.term(let.body, ())
        if isinstance(let.body, syntax.Name):
            if let.body.path in self.scope.lets:
                return self.let(let.body)
            operand = self.term(let.body, ())
            if operand.kind != "flag":
                return operand
        return typed.Named(let.name, self.truth(let.body), span=let.span)
