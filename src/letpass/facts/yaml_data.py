"""YAML texts of mappings, lists and scalars to plain data, without places and messages.

Anything else in a text, and what is no YAML, raises `OddError`, and is for `document.read` to read.
"""

from __future__ import annotations

from sys import intern
from typing import Any

from letpass.facts.values import Plain


class OddError(Exception):
    """There is more in a text than mappings, lists and scalars, or it is no YAML, or no fast parser is there."""


def read(text: str, deepest: int) -> Any:
    """The data of a text; `deepest`: how deep it may nest.  Raises `OddError`."""
    import yaml

    if not hasattr(yaml, "CSafeLoader"):
        raise OddError
    scalar, mapping, sequence = yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent
    begins, ends = {scalar, mapping, sequence}, {yaml.MappingEndEvent, yaml.SequenceEndEvent}
    here: Any = []  # the mapping or list at hand, at first one around the text
    around: list[Any] = []
    key: str | None = None
    documents = 0
    try:
        following: Any = yaml.CSafeLoader(text).get_event
        while (kind := type(event := following())) is not yaml.StreamEndEvent:
            if kind in begins:
                if event.anchor is not None or (event.tag is not None and event.tag != "!"):
                    raise OddError
                value: Any
                if kind is scalar:
                    value = Plain(event.value) if event.implicit[0] else event.value
                else:
                    value = {} if kind is mapping else []
                if type(here) is list:
                    here.append(value)
                elif key is not None:
                    here[key] = value
                    key = None
                elif kind is not scalar or value in here or value == "<<":
                    raise OddError
                else:
                    key = intern(str(value))  # names are the same in all records
                if kind is not scalar:
                    around.append(here)
                    here = value
                    if len(around) > deepest:
                        raise OddError
            elif kind in ends:
                here = around.pop()
            elif kind is yaml.DocumentStartEvent:
                documents += 1
            elif kind is yaml.AliasEvent:
                raise OddError
    except (yaml.YAMLError, RecursionError):
        raise OddError from None
    if documents != 1 or len(here) != 1:
        raise OddError
    return here[0]
