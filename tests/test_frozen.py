"""Frozen values: the same whether a class's `__init__` is the general one or was written out for it."""

from __future__ import annotations

import importlib
import inspect
import pickle
import pkgutil
from typing import Any

import pytest

import letpass
from letpass import frozen
from letpass.frozen import Frozen, part, replace


def made_often(cls: Any, *args: Any, **named: Any) -> Any:
    """A value of a class of which many were made."""
    for _ in range(frozen.MANY):
        cls(*args, **named)
    assert cls.__init__.written
    return cls(*args, **named)


def classes() -> tuple[type[Frozen], type[Frozen]]:
    """A class and one below it, of which nothing was made yet."""

    class Base(Frozen):
        values: int
        more: list[int] = part(default_factory=list)
        text: str = "x"
        hidden: int = part(default=3, kw_only=True, compare=False)

        def __post_init__(self) -> None:
            self.__dict__["double"] = self.values * 2

    class Below(Base):
        last: str = "y"

    return Base, Below


@pytest.mark.parametrize(
    ("args", "named"),
    [
        ((1,), {}),
        ((1, [2]), {}),
        ((1, [2], "z"), {"hidden": 5}),
        ((), {"values": 1, "text": "t"}),
        ((1,), {"more": [7]}),
    ],
)
def test_a_value_is_the_same_however_it_was_made(args: tuple[Any, ...], named: dict[str, Any]) -> None:
    """Fields in their order and by name, defaults, lists of its own, and what is derived."""
    for cls in classes():
        first, later = cls(*args, **named), made_often(cls, *args, **named)
        assert first == later
        assert repr(first) == repr(later)
        assert vars(first) == vars(later)
        assert vars(first)["more"] is not vars(later)["more"] or named.get("more") or len(args) > 1


def test_a_class_below_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it was declared before the one above was made often, or after."""
    base, below = classes()
    made_often(base, 1)
    assert vars(below(1, [], "t", "u"))["last"] == "u"

    class Later(base):  # type: ignore[misc, valid-type]
        further: int = 0

    assert vars(Later(1, [], "t", 9))["further"] == vars(made_often(Later, 1, [], "t", 9))["further"] == 9


@pytest.mark.parametrize(
    ("args", "named"), [((), {}), ((1, [], "t", 4, 5), {}), ((1,), {"other": 2}), ((1,), {"values": 2})]
)
def test_a_call_that_does_not_fit_is_an_error(args: tuple[Any, ...], named: dict[str, Any]) -> None:
    """Too few values, too many, names that there are not, one that is given twice."""
    for cls in classes()[:1]:
        with pytest.raises(TypeError):
            cls(*args, **named)
        made_often(cls, 1)
        with pytest.raises(TypeError):
            cls(*args, **named)


def test_it_stays_frozen_and_can_be_copied() -> None:
    """By `replace`, and by `pickle` for a class that a module has."""
    value = made_often(classes()[0], 1)
    with pytest.raises(AttributeError, match="is frozen: `values` cannot be set"):
        value.values = 2
    assert vars(replace(value, values=4))["double"] == 8
    from letpass.diagnostics import Diagnostic

    told = made_often(Diagnostic, "GATE001", "text")
    assert pickle.loads(pickle.dumps(told)).message == "text"


def test_every_class_of_the_program_can_be_written_out() -> None:
    """With the same fields in the same order."""
    for found in pkgutil.walk_packages(letpass.__path__, "letpass."):
        if "mlflow" not in found.name and not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    every, ahead = set[type[Frozen]](), [Frozen]
    while ahead:
        below = ahead.pop().__subclasses__()
        every |= set(below)
        ahead += below
    every = {c for c in every if c.__module__.startswith("letpass")}

    assert len(every) > 200
    for cls in every:
        if "__init__" not in vars(cls) or vars(cls)["__init__"] is Frozen.__init__ or hasattr(cls.__init__, "written"):
            names = [n for n in inspect.signature(frozen._written(cls)).parameters if n != "self"]
            assert sorted(names) == sorted(n for n, p in cls._parts.items() if p.init), cls
            assert names[: len(cls._positional)] == list(cls._positional), cls
