"""The project whose moves are told to a receiver."""

from tests.events.conftest import _address, _bare, _project, _receiver, _server  # noqa: F401
