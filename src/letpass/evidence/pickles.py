"""Whether bytes are a pickle that would import something, found out from its operations without running any.

It believes no less than a loader does.  `pickletools` is stricter in what it takes for a number or a text, so that it stops where
a loader goes on; and a loader may read several pickles, one behind the other, as PyTorch's does with its oldest format.
"""

from __future__ import annotations

import io
import pickletools
import re

_OPERATIONS = 100_000  # that are followed
_CODES = {operation.code.encode("latin-1"): operation for operation in pickletools.opcodes}
_IMPORTS = frozenset({"STACK_GLOBAL", "EXT1", "EXT2", "EXT4"})
_NAMED = frozenset({"GLOBAL", "INST"})
_IMPORTABLE = re.compile(rb"[A-Za-z_][\w.]*(?: [A-Za-z_][\w.]*)?")
_NUMBERS = frozenset({"INT", "LONG", "GET", "PUT"})
_NUMBER = re.compile(rb"\s*[+-]?[0-9]\w*\s*")  # in any base, as C reads it: `0x10`
_TEXTS = frozenset({"STRING", "UNICODE", "PERSID"})


class _BrokenError(ValueError):
    """No loader goes on from here."""


def imports(data: bytes, *, whole: bool) -> bool:
    """Would a pickle machine that begins at the first byte come to an import: without one nothing can run.

    whole: are these bytes all of it; where not, one that is still going at their end would.  One of very many operations would, too.
    """
    stream = io.BytesIO(data)
    try:
        for _ in range(_OPERATIONS):
            code = stream.read(1)
            operation = _CODES.get(code)
            if operation is None:
                return not code and not whole
            if operation.name in _IMPORTS or _imports(operation, stream):
                return True
    except Exception:  # noqa: BLE001 - whatever bytes the machine stumbles over
        return not whole and stream.tell() >= len(data)
    return True


def _imports(operation: pickletools.OpcodeInfo, stream: io.BytesIO) -> bool:
    """Read the argument of an operation; does it name what is imported.  Raises `ValueError` where no loader could read it."""
    name = operation.name
    if name in _NAMED:
        return _IMPORTABLE.fullmatch(_line(stream) + b" " + _line(stream)) is not None
    if name in _NUMBERS and not _NUMBER.fullmatch(_line(stream)):
        raise _BrokenError
    if name in _TEXTS:
        text = _line(stream)
        if name == "STRING" and (len(text) < 2 or text[:1] not in {b"'", b'"'} or text[:1] != text[-1:]):
            raise _BrokenError
    elif name not in _NUMBERS and operation.arg is not None:
        operation.arg.reader(stream)
    return False


def _line(stream: io.BytesIO) -> bytes:
    found = stream.readline()
    if not found.endswith(b"\n"):
        raise _BrokenError
    return found[:-1]
