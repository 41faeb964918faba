"""What a name in an expression means: an element's field, a let, a metric, a fact, a field of the record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from letpass.diagnostics import Diagnostic, PolicyError, Span, is_one_slip, nearest, offer
from letpass.frozen import Frozen
from letpass.language import syntax, typed
from letpass.language.types import Field, Group, Listing, OpenMap, Shape, Type, Vocabulary

OPEN = Type("open")


class Level(Frozen):
    """One list around an expression: the fields of its elements, and the metric whose slices they are."""

    fields: Mapping[str, Shape]
    of: typed.Measured | None = None


class Scope:
    """The names of one policy: its declarations over the vocabulary of the record.

    spoilt: names whose declarations do not read, of which another error tells.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.metrics: dict[str, syntax.Metric] = {}
        self.facts: dict[str, syntax.Fact] = {}
        self.lets: dict[str, syntax.Let] = {}
        self.has_target = False
        self.spoilt: set[str] = set()

    @property
    def known(self) -> list[str]:
        """Every name that could have been meant, for offers."""
        return [*self.lets, *self.facts, *self.metrics, *_paths(self.vocabulary.shapes), "now", "champion", "candidate"]

    def metric_type(self, name: str) -> Type:
        """The declared type of a metric, or open."""
        declared = self.metrics.get(name)
        return OPEN if declared is None else Type(declared.type.kind, (), declared.type.unit)  # type: ignore[arg-type]

    def fact_type(self, fact: syntax.Fact) -> Type:
        """The type that a declaration gives to a fact."""
        if fact.type is None:
            return Type("order" if fact.ordered else "choice", fact.symbols)
        return Type(fact.type.kind, (), fact.type.unit)  # type: ignore[arg-type]


def _paths(shapes: Mapping[str, Shape], prefix: str = "") -> list[str]:
    found = []
    for name, shape in shapes.items():
        found.append(prefix + name)
        if isinstance(shape, Group | Listing):
            found += _paths(shape.fields, f"{prefix}{name}.")
    return found


class Path(Frozen):
    """A name of the record: its segments, whether the champion's, and where it was written."""

    parts: tuple[str, ...]
    champion: bool
    name: syntax.Name

    @property
    def span(self) -> Span:
        """Where the name is written, its data set with it."""
        return self.name.span

    @property
    def word(self) -> Span:
        """The name without its data set."""
        return word(self.name)


def word(name: syntax.Name) -> Span:
    """Where a name itself stands, without the data set behind it."""
    return Span(name.span.source, name.span.start, name.span.start + len(name.path))


def near(candidates: Iterable[str], parts: tuple[str, ...], written: str) -> str:
    """Names near a dotted one, or near its beginning, as they would stand in what was written; nothing where there are none."""
    before, known = written.removesuffix(".".join(parts)), tuple(candidates)
    roots = dict.fromkeys(name.partition(".")[0] for name in known)
    if full := tuple(name for name in known if is_one_slip(".".join(parts), name)):
        return offer(tuple(before + name for name in full))
    if len(parts) > 1 and (slips := tuple(r for r in roots if is_one_slip(parts[0], r))):
        return offer(tuple(before + ".".join((r, *parts[1:])) for r in slips))
    for count in range(len(parts), 0, -1):
        name, rest = ".".join(parts[:count]), parts[count:]
        if name in known:
            return ""
        if near := nearest(name, known):
            return offer(tuple(before + ".".join((n, *rest)) for n in near))
    return ""


def path_of(scope: Scope, name: syntax.Name) -> Path:
    """Take `candidate.` and `champion.` off a name; raises where no champion can be."""
    parts = tuple(name.path.split("."))
    if parts[0] == "champion":
        if not scope.has_target:
            raise PolicyError.of(
                "GATE212",
                "no champion: no move of this policy has a target stage",
                name.span,
                "a champion is compared `on promotion to STAGE` or `on rollback to STAGE`",
            )
        if len(parts) == 1:
            raise PolicyError.of(
                "GATE101",
                "`champion` is no value",
                name.span,
                "name a fact of it, such as `champion.accuracy`, or ask `there is a champion`",
            )
        return Path(parts[1:], True, name)
    if parts[0] == "candidate" and len(parts) > 1:
        return Path(parts[1:], False, name)
    return Path(parts, False, name)


def measured(scope: Scope, path: Path) -> tuple[typed.Measured, tuple[str, ...]] | None:
    """The metric or observation that a path begins with, and what follows it; None: it is neither."""
    parts, vocabulary = path.parts, scope.vocabulary
    section = vocabulary.metrics
    if parts[0] == vocabulary.observations and len(parts) > 1:
        section, parts = vocabulary.observations, parts[1:]
    elif parts[0] == vocabulary.metrics and len(parts) > 1:
        parts = parts[1:]
    elif fact_of(scope, path) is not None or (parts[0] in vocabulary.shapes and not _declared(scope, parts)):
        return None
    length = _declared(scope, parts)
    if not length:
        if scope.metrics:
            if any(".".join(parts[:n]) in scope.spoilt for n in range(1, len(parts) + 1)):
                raise PolicyError(())
            what = "metric" if path.parts is not parts or section != vocabulary.metrics else "name"
            raise PolicyError(
                (
                    Diagnostic(
                        "GATE102" if what == "metric" else "GATE101",
                        f"unknown {what} `{'.'.join(parts)}`",
                        path.word,
                        near(scope.known, parts, path.name.path) or f"declare it: `metric {'.'.join(parts)}: ratio`",
                    ),
                )
            )
        length = 1
    name = ".".join(parts[:length])
    declared = scope.metrics.get(name)
    data_set = path.name.data_set or (declared.data_set if declared else None)
    recorded = (declared.recorded_as if declared else None) or name
    if section == vocabulary.observations and path.name.data_set:
        raise PolicyError.of("GATE208", "an observation has no data set", path.span, "leave out `on`")
    node = typed.Measured(
        section,
        recorded,
        data_set if section == vocabulary.metrics else None,
        scope.metric_type(name),
        path.champion,
        span=path.span,
    )
    return node, parts[length:]


def _declared(scope: Scope, parts: tuple[str, ...]) -> int:
    """How many first segments are a declared metric's name; 0: none."""
    return next((n for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in scope.metrics), 0)


def fact_of(scope: Scope, path: Path) -> syntax.Fact | None:
    """The declared fact that a path names, bare or as an entry of the record's part `facts`."""
    if path.parts[0] == scope.vocabulary.facts:
        return scope.facts.get(".".join(path.parts[1:]))
    return None if _declared(scope, path.parts) else scope.facts.get(".".join(path.parts))


def shape_at(scope: Scope, path: Path) -> tuple[Shape, Shape | None]:
    """The shape at a path of the record, and the list that it passes through on the way."""
    shapes: Mapping[str, Shape] = scope.vocabulary.shapes
    shape: Shape | None = None
    through: Shape | None = None
    for at, part in enumerate(path.parts):
        if isinstance(shape, OpenMap):
            return Field(shape.type or OPEN), through
        if isinstance(shape, Listing):
            through = shape
        if isinstance(shape, Field) or part not in shapes:
            so_far = ".".join(path.parts[: at + 1])
            if path.parts[0] in scope.spoilt:
                raise PolicyError(())
            raise PolicyError.of(
                "GATE101",
                f"unknown name `{so_far}`",
                path.word,
                near(scope.known, path.parts, path.name.path) or "see `policy schema record` for the record's names",
            )
        shape = shapes[part]
        shapes = shape.fields if isinstance(shape, Group | Listing) else {}
    assert shape is not None
    return shape, through


def term(scope: Scope, name: syntax.Name, levels: tuple[Level, ...]) -> typed.Term | None:
    """The term that a name stands for; None where it is a let (the caller has its body)."""
    try:
        return _term(scope, name, levels)
    except PolicyError as error:
        # a slip in an element's field is no name of the record
        fields = {field for level in levels for field in _paths(level.fields)}
        near = nearest(name.path, [*fields, *scope.known]) if fields else ()
        if not error.diagnostics or error.diagnostics[0].code != "GATE101" or not fields & {*near}:
            raise
        raise PolicyError.of("GATE101", f"unknown name `{name.path}`", word(name), offer(near)) from None


def _term(scope: Scope, name: syntax.Name, levels: tuple[Level, ...]) -> typed.Term | None:
    first = name.path.split(".")[0]
    for at in range(len(levels) - 1, -1, -1):
        if first in levels[at].fields:
            return _element(levels[at], at, name)
    if (of := counterpart(name, levels)) is not None:
        return _counterpart(scope, name, *of)
    if name.path in scope.lets:
        return None
    if name.path == "now":
        return typed.Now(span=name.span)
    path = path_of(scope, name)
    if path.champion and path.parts[0] in scope.lets:
        raise PolicyError.of(
            "GATE101",
            f"`{path.parts[0]}` is a let, and speaks of the candidate",
            name.span,
            "write the champion's fact out",
        )
    fact = fact_of(scope, path)
    if fact is not None:
        no_data_set(name)
        return typed.Scalar(
            f"{scope.vocabulary.facts}.{fact.name}", scope.fact_type(fact), path.champion, span=name.span
        )
    found = measured(scope, path)
    if found:
        node, rest = found
        return _measured_field(scope, node, rest, name)
    no_data_set(name)
    shape, through = shape_at(scope, path)
    if through is not None:
        raise PolicyError.of(
            "GATE208",
            f"`{name.path}` is a list's field",
            name.span,
            f"ask `all {list_of(name.path)} have …` or `no {list_of(name.path)} where …`",
        )
    if isinstance(shape, Field):
        return typed.Scalar(".".join(path.parts), shape.type, path.champion, span=name.span)
    if isinstance(shape, Listing):
        raise PolicyError.of(
            "GATE208",
            f"`{name.path}` is a list",
            name.span,
            f"ask `all {name.path} have …`, `no {name.path} where …` or `{name.path} are recorded`",
        )
    raise PolicyError.of(
        "GATE208",
        f"`{name.path}` is a group of fields",
        name.span,
        f"name a field of it, or write `{name.path} is recorded`",
    )


def is_element(name: syntax.Name, levels: tuple[Level, ...]) -> bool:
    """Does a name begin with a field of an element around it."""
    return any(name.path.split(".")[0] in level.fields for level in levels)


def counterpart(name: syntax.Name, levels: tuple[Level, ...]) -> tuple[int, typed.Measured] | None:
    """The level and metric whose slices `champion.value` speaks of; None where it is no such name."""
    if name.path != "champion.value":
        return None
    return next(((at, of) for at in range(len(levels) - 1, -1, -1) if (of := levels[at].of) is not None), None)


def _counterpart(scope: Scope, name: syntax.Name, level: int, of: typed.Measured) -> typed.Counterpart:
    path_of(scope, name)  # there is a champion to speak of
    no_data_set(name)
    if of.champion:
        raise PolicyError.of(
            "GATE208",
            "these slices are the champion's own",
            name.span,
            "write `value`, or go through the slices of the candidate",
        )
    return typed.Counterpart(level, of, span=name.span)


def list_of(path: str) -> str:
    """The path of the list that a path to a field goes through."""
    return path.rpartition(".")[0]


def no_data_set(name: syntax.Name) -> None:
    """Raise `PolicyError` where a name that is no metric says a data set."""
    if name.data_set is not None:
        raise PolicyError.of("GATE208", f"`{name.path}` is no metric, and has no data set", name.span, "leave out `on`")


def _element(level: Level, at: int, name: syntax.Name) -> typed.Element:
    no_data_set(name)
    shape, parts = level.fields[name.path.split(".")[0]], name.path.split(".")
    for part in parts[1:]:
        if not isinstance(shape, Group) or part not in shape.fields:
            raise PolicyError.of(
                "GATE101", f"unknown name `{name.path}`", word(name), offer(nearest(name.path, _paths(level.fields)))
            )
        shape = shape.fields[part]
    if not isinstance(shape, Field):
        raise PolicyError.of(
            "GATE208", f"`{name.path}` is a list inside the element", name.span, "quantify over it in parentheses"
        )
    if level.of is not None and name.path == "value":
        return typed.Element(at, name.path, level.of.type, level.of, span=name.span)
    return typed.Element(at, name.path, shape.type, span=name.span)


def _measured_field(scope: Scope, node: typed.Measured, rest: tuple[str, ...], name: syntax.Name) -> typed.Term:
    if not rest or rest == ("value",):
        return node
    fields = scope.vocabulary.measure(node.section).fields
    shape = fields.get(rest[0])
    if len(rest) == 1 and isinstance(shape, Field) and rest[0] != "standard_error":
        return typed.MeasuredField(node, rest[0], shape.type, span=name.span)
    if isinstance(shape, Listing):
        inner = ".".join(rest[1:]) or "value"
        raise PolicyError.of(
            "GATE208",
            f"`{name.path}` is a list's field" if len(rest) > 1 else f"`{name.path}` is a list",
            name.span,
            f"ask `all … have {inner} …`, `no … where …` or `min(….{inner})`",
        )
    if rest[0] in {"interval", "standard_error"}:
        raise PolicyError.of(
            "GATE101",
            f"`{rest[0]}` is read by `at 95% confidence`",
            name.span,
            f"ask it as in `{node.name} >= 0.9 at 95% confidence`",
        )
    offered = [f for f, s in fields.items() if isinstance(s, Field | Listing) and f != "standard_error"]
    raise PolicyError.of(
        "GATE101",
        f"`{node.name}` has no `{'.'.join(rest)}`",
        word(name),
        near(offered, rest, name.path) or f"declare it if it is a metric: `metric {name.path}: ratio`",
    )
