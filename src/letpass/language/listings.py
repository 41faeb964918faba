"""The lists that a name stands for: of the record, of a metric's groups, inside the element at hand."""

from __future__ import annotations

from collections.abc import Mapping

from letpass.diagnostics import PolicyError
from letpass.frozen import replace
from letpass.language import names, syntax, typed
from letpass.language.names import Level, Scope
from letpass.language.types import Field, Group, Listing, Measures, Shape


def listing(
    scope: Scope, name: syntax.Name, levels: tuple[Level, ...], *, with_field: bool = False
) -> tuple[typed.List, Level, str]:
    """The list that a name stands for, the level that it opens, and the field behind it when asked."""
    parts = tuple(name.path.split("."))
    for at in range(len(levels) - 1, -1, -1):
        shape = levels[at].fields.get(parts[0])
        if isinstance(shape, Listing):
            end, inner, fieldname = _walk(shape, parts, name, with_field=with_field)
            return typed.ElementList(at, parts[:end], span=name.span), Level(inner.fields), fieldname
    path = names.path_of(scope, name)
    found = names.measured(scope, path) if path.parts[0] not in scope.lets else None
    if found:
        node, rest = found
        shape = scope.vocabulary.measure(node.section).fields.get(rest[0]) if rest else None
        if not isinstance(shape, Listing):
            raise PolicyError.of(
                "GATE208",
                f"`{name.path}` is no list",
                name.span,
                names.near(("slices",), rest, name.path)
                or f"the groups of a metric are `{name.path.split('.')[0]}.slices`",
            )
        fieldname = ".".join(rest[1:])
        if bool(fieldname) is not with_field:
            raise _list_fault(name, with_field=with_field)
        if with_field and not isinstance(shape.fields.get(fieldname), Field):
            raise PolicyError.of(
                "GATE101",
                f"unknown name `{name.path}`",
                names.word(name),
                names.near(shape.fields, rest[1:], name.path),
            )
        return (
            typed.Slices(replace(node, span=name.span), rest[0], span=name.span),
            Level(shape.fields, node),
            fieldname,
        )
    names.no_data_set(name)
    shape = scope.vocabulary.shapes.get(path.parts[0])
    walked: Shape | None = shape
    start = 1
    while isinstance(walked, Group) and start < len(path.parts):
        walked = walked.fields.get(path.parts[start])
        start += 1
    if not isinstance(walked, Listing):
        if shape is None:
            if path.parts[0] in scope.spoilt:
                raise PolicyError(())
            raise PolicyError.of(
                "GATE101", f"unknown name `{name.path}`", path.word, names.near(scope.known, path.parts, name.path)
            )
        raise PolicyError.of(
            "GATE208",
            f"`{name.path}` is no list",
            name.span,
            "lists are " + ", ".join(f"`{p}`" for p in _lists(scope.vocabulary.shapes)),
        )
    end, inner, fieldname = _walk(walked, path.parts[start - 1 :], name, with_field=with_field)
    root, behind = ".".join(path.parts[:start]), path.parts[start : start - 1 + end]
    return typed.RecordList(root, behind, path.champion, span=name.span), Level(inner.fields), fieldname


def _walk(shape: Listing, parts: tuple[str, ...], name: syntax.Name, *, with_field: bool) -> tuple[int, Listing, str]:
    """Follow lists inside lists: how many segments are lists, the innermost one, and the field behind."""
    end = 1
    while end < len(parts) and isinstance(shape.fields.get(parts[end]), Listing):
        shape = shape.fields[parts[end]]  # type: ignore[assignment]
        end += 1
    rest = ".".join(parts[end:])
    if bool(rest) is not with_field:
        if rest and rest not in shape.fields:
            raise PolicyError.of(
                "GATE101",
                f"unknown name `{name.path}`",
                names.word(name),
                names.near(shape.fields, parts[end:], name.path),
            )
        raise _list_fault(name, with_field=with_field)
    if rest and not isinstance(shape.fields.get(rest), Field):
        raise PolicyError.of(
            "GATE101", f"unknown name `{name.path}`", names.word(name), names.near(shape.fields, parts[end:], name.path)
        )
    return end, shape, rest


def _list_fault(name: syntax.Name, *, with_field: bool) -> PolicyError:
    if with_field:
        return PolicyError.of(
            "GATE208",
            f"`{name.path}` is a list, and a number is wanted",
            name.span,
            f"name a field of its elements: `{name.path}.value`",
        )
    return PolicyError.of(
        "GATE208",
        f"`{name.path}` is a list's field",
        name.span,
        f"quantify over `{names.list_of(name.path)}` and ask for the field behind `where` or `have`",
    )


def _lists(shapes: Mapping[str, Shape], prefix: str = "") -> list[str]:
    found = []
    for name, shape in shapes.items():
        if isinstance(shape, Listing):
            found.append(prefix + name)
        if isinstance(shape, Group | Listing):
            found += _lists(shape.fields, f"{prefix}{name}.")
        if isinstance(shape, Measures) and shape.several:
            found.append("METRIC.slices")
    return found
