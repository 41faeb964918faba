"""What `is recorded` asks for: the fields without which a part of the record says nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from letpass.diagnostics import PolicyError, Span
from letpass.language import listings, names, syntax, typed
from letpass.language.names import Level, Scope
from letpass.language.terms import Operand
from letpass.language.types import Field, Group, Listing, Shape, Type


def recordable(
    scope: Scope, node: syntax.Term, levels: tuple[Level, ...], term: Callable[[syntax.Term], Operand]
) -> tuple[typed.Term | typed.Section | typed.ListField, ...]:
    """What `is recorded` asks for: of a mapping or list each field without which it says nothing."""
    if not isinstance(node, syntax.Name):
        raise PolicyError.of("GATE204", "only a name can be recorded", node.span, "name a field of the record")
    if names.is_element(node, levels) or names.counterpart(node, levels):
        return (term(node).node,)
    if node.path in scope.lets:
        value = term(node).node
        if not isinstance(value, typed.Scalar | typed.Measured | typed.MeasuredField):
            raise PolicyError.of(
                "GATE204",
                f"`{node.path}` is reckoned, and not recorded",
                node.span,
                "name the fields that it is reckoned from",
            )
        return (value,)
    path = names.path_of(scope, node)
    found = names.measured(scope, path)
    if found is not None:
        _, rest = found
        if rest == ("slices",):
            listed, level, _ = listings.listing(scope, node, levels)
            return tuple(_required(listed, level, node.span))
        if rest[:1] == ("slices",):
            listed, level, name = listings.listing(scope, node, levels, with_field=True)
            return (typed.ListField(listed, name, _field_type(level, name), span=node.span),)
        return (term(node).node,)
    if names.fact_of(scope, path) is not None:
        return (term(node).node,)
    if path.parts in {(scope.vocabulary.metrics,), (scope.vocabulary.observations,)}:
        return (typed.Section(path.parts, path.champion, span=node.span),)
    shape, through = names.shape_at(scope, path)
    if isinstance(shape, Field):
        if through is None:
            return (term(node).node,)
        listed, level, name = listings.listing(scope, node, levels, with_field=True)
        return (typed.ListField(listed, name, _field_type(level, name), span=node.span),)
    if isinstance(shape, Listing):
        listed, level, _ = listings.listing(scope, node, levels)
        return tuple(_required(listed, level, node.span))
    if isinstance(shape, Group) and shape.needs:
        whole = ".".join(path.parts)
        return tuple(
            typed.Scalar(f"{whole}.{need}", _type(shape.fields[need]), path.champion, span=node.span)
            for need in shape.needs
        )
    return (typed.Section(path.parts, path.champion, span=node.span),)


def _field_type(level: Level, name: str) -> Type:
    return _type(level.fields[name])


def _type(shape: Shape) -> Type:
    return shape.type if isinstance(shape, Field) else Type("open")


def _required(listed: typed.List, level: Level, span: Span) -> Iterator[typed.ListField]:
    """The fields that every element of a list must have."""
    for name, shape in level.fields.items():
        if isinstance(shape, Field) and shape.required and name != "value":
            yield typed.ListField(listed, name, shape.type, span=span)
