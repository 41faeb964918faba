"""Frozen values that are cheap to declare.

What `dataclasses` writes as code for each class, when it is imported, is done here by looking at the class: the
program has a hundred of them, and a start should not wait for code that most runs never use.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")
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
    _plans: dict[int, tuple[Any, ...]] = {}  # noqa: RUF012 - one for each subclass, filled as it is used

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
        cls._plans = {}
        cls._factories = tuple((n, p.factory) for n, p in parts.items() if p.init and p.factory is not None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        values = self.__dict__
        if not kwargs and (plan := self._plans.get(len(args)) or self._planned(len(args))):
            names, defaults, factories = plan
            values.update(zip(names, args, strict=True))
            values.update(defaults)
            for name, factory in factories:
                values[name] = factory()
            self.__post_init__()
            return
        values.update(self._defaults)
        values.update(zip(self._positional, args, strict=False))
        values.update(kwargs)
        for name, factory in self._factories:
            if name not in values:
                values[name] = factory()
        if len(values) != self._given or len(args) > len(self._positional) or not kwargs.keys() <= self._parts.keys():
            raise TypeError(
                f"{type(self).__name__} takes {', '.join(self._fields)}; given {len(args)} and {', '.join(kwargs)}"
            )
        self.__post_init__()

    def _planned(self, given: int) -> tuple[Any, ...] | None:
        """Where so many values are given in their order and none by name: the names of these, and what fills the others."""
        names = self._positional[:given]
        defaults = {n: d for n, d in self._defaults.items() if n not in names}
        factories = tuple((n, f) for n, f in self._factories if n not in names)
        if len(names) != given or given + len(defaults) + len(factories) != self._given:
            return None
        self._plans[given] = (names, defaults, factories)
        return self._plans[given]

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


def replace(value: T, /, **changes: Any) -> T:
    """A copy of a frozen value with some fields changed."""
    assert isinstance(value, Frozen)
    given = {n: value.__dict__[n] for n, p in value._parts.items() if p.init}  # noqa: SLF001
    return type(value)(**{**given, **changes})
