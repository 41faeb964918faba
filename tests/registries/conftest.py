"""The project whose versions move, and the commands in it."""

from tests.lifecycle.conftest import _call, _office, _office_once, _project  # noqa: F401
