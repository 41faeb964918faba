"""Frozen values that are cheap to declare.

What `dataclasses` writes as code for each class, when it is imported, is done here by looking at the class: the
program has hundreds of them, and a start should not wait for code that most runs never use.  A class of which many values
are made gets that code then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")
MANY = 64
"""Values of a class, after which its `__init__` is written out: that takes as long as a hundred of them."""
_MISSING = object()


class _Part:
    """How one field differs from a plain one."""

    __slots__ = ("compare", "default", "factory", "init", "kw_only", "repr")

    def __init__(self, default: Any, factory: Any, **how: bool) -> None:
        self.default, self.factory = default, factory
        self.kw_only, self.compare, self.repr, self.init = how["kw_only"], how["compare"], how["repr"], how["init"]


def part(
    *,
    default: Any = _MISSING,
    default_factory: Callable[[], Any] | None = None,
    kw_only: bool = False,
    compare: bool = True,
    repr: bool = True,  # noqa: A002 - the name that dataclasses gives it
    init: bool = True,
) -> Any:
    """A field with a default that is made anew, or that equality, `repr` or the call leave out."""
    return _Part(default, default_factory, kw_only=kw_only, compare=compare, repr=repr, init=init)


@dataclass_transform(frozen_default=True, field_specifiers=(part,))
class Frozen:
    """A base for values: its annotated names are its fields, given in their order or by name.

    Two are equal when they are of one class and their compared fields are equal.
    """

    _fields: tuple[str, ...] = ()
    _parts: dict[str, _Part] = {}  # noqa: RUF012 - replaced in every subclass, never changed
    _positional: tuple[str, ...] = ()
    _compared: tuple[str, ...] = ()
    _given: int = 0
    _defaults: dict[str, Any] = {}  # noqa: RUF012
    _factories: tuple[tuple[str, Callable[[], Any]], ...] = ()
    _made: list[None] = []  # noqa: RUF012 - one for each subclass: as long as the number of values that were made, up to `MANY`

    def __init_subclass__(cls) -> None:
        parts = dict(cls._parts)
        for name in cls.__dict__.get("__annotations__", {}):  # noqa: RUF063 - `inspect` is what a start must not wait for
            found = cls.__dict__.get(name, _MISSING)
            parts[name] = (
                found
                if isinstance(found, _Part)
                else _Part(found, None, kw_only=False, compare=True, repr=True, init=True)
            )
            if found is not _MISSING:
                delattr(cls, name)
        cls._parts, cls._fields = parts, tuple(parts)
        cls._positional = tuple(n for n, p in parts.items() if p.init and not p.kw_only)
        cls._compared = tuple(n for n, p in parts.items() if p.compare)
        cls._given = sum(p.init for p in parts.values())
        cls._defaults = {n: p.default for n, p in parts.items() if p.init and p.default is not _MISSING}
        cls._made = []
        cls._factories = tuple((n, p.factory) for n, p in parts.items() if p.init and p.factory is not None)
        if cls.__init__ is Frozen.__init__ or hasattr(cls.__init__, "written"):
            cls.__init__ = Frozen.__init__  # type: ignore[method-assign] # what is written out for a base is of its fields alone

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._made.append(None)
        if len(self._made) >= MANY and type(self).__init__ is Frozen.__init__:
            type(self).__init__ = _written(type(self))  # type: ignore[method-assign]
        found = {**self._defaults, **dict(zip(self._positional, args, strict=False))}
        twice = not kwargs.keys().isdisjoint(self._positional[: len(args)])
        found.update(kwargs)
        for name, factory in self._factories:
            if name not in found:
                found[name] = factory()
        fit = len(found) == self._given and len(args) <= len(self._positional) and kwargs.keys() <= self._parts.keys()
        if twice or not fit:
            raise TypeError(
                f"{type(self).__name__} takes {', '.join(self._fields)}; given {len(args)} and {', '.join(kwargs)}"
            )
        values = self.__dict__
        for name in self._fields:  # always in one order
            if name in found:
                values[name] = found[name]
        self.__post_init__()

    def __post_init__(self) -> None:
        """Where a class derives fields of its own, with `self.__dict__`."""

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: `{name}` cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: `{name}` cannot be removed")

    def _key(self) -> tuple[Any, ...]:
        values = self.__dict__
        return tuple([values[name] for name in self._compared])

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return type(self) is type(other) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((type(self).__name__, self._key()))

    def __repr__(self) -> str:
        shown = ", ".join(f"{n}={self.__dict__[n]!r}" for n, p in self._parts.items() if p.repr)
        return f"{type(self).__name__}({shown})"


def _written(cls: type[Frozen]) -> Callable[..., None]:
    """`Frozen.__init__` for one class, as code that names its fields."""
    names, set_ = dict[str, Any](), dict[str, str]()

    def taken(field: str) -> str:
        part = cls._parts[field]
        if part.factory is not None:
            names[f"_make_{field}"] = part.factory
            set_[field] = f"_make_{field}() if {field} is _missing_ else {field}"
            return f"{field}=_missing_"
        set_[field] = field
        if part.default is _MISSING:
            return field
        names[f"_else_{field}"] = part.default
        return f"{field}=_else_{field}"

    first = [taken(n) for n in cls._positional]
    named = [taken(n) for n, p in cls._parts.items() if p.init and p.kw_only]
    lines = ["_values_ = self.__dict__", *(f"_values_[{n!r}] = {set_[n]}" for n in cls._fields if n in set_)]
    if cls.__post_init__ is not Frozen.__post_init__:
        lines.append("self.__post_init__()")
    head = ", ".join(["self", *first, *(["*", *named] if named else [])])
    body = "\n".join(f"    {line}" for line in lines)
    exec(f"def __init__({head}):\n{body}\n", {"_missing_": _MISSING, **names}, names)  # noqa: S102 - of names of fields alone
    made: Callable[..., None] = names["__init__"]
    made.written = True  # type: ignore[attr-defined]
    return made


def replace(value: T, /, **changes: Any) -> T:
    """A copy of a frozen value with some fields changed."""
    assert isinstance(value, Frozen)
    given = {n: value.__dict__[n] for n, p in value._parts.items() if p.init}  # noqa: SLF001
    return type(value)(**{**given, **changes})
