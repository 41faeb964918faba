"""The keys that a configuration may have, and what each may hold.

A key that is left out is None here: its default stands once, in `Configuration` and in `Target`.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from letpass.diagnostics import InvalidError
from letpass.move import PLAIN_NAME, PLAIN_NAMES
from letpass.project import targets
from letpass.project.targets import Target


def _plain_name(name: str) -> str:
    if not PLAIN_NAME.fullmatch(name):
        raise InvalidError(f"`{name}` is no plain name; {PLAIN_NAMES}")
    return name


PlainName = Annotated[str, AfterValidator(_plain_name)]


class Table(BaseModel):
    """A table of the configuration: no other keys than these, and no value of another type."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def given(self, *others: str) -> dict[str, Any]:
        """What the file says, by key, lists as tuples.  `others`: keys that are left out here."""
        return {
            key: _frozen(getattr(self, key))
            for key in type(self).model_fields
            if key in self.model_fields_set and key not in others
        }


class Trust(Table):
    """`[trust]`"""

    file: str | None = None
    root: str | None = None


class Mlflow(Table):
    """`[mlflow]`"""

    stages: bool | None = None


class Events(Table):
    """`[[events]]`, one receiver of events."""

    name: str | None = None
    on: list[Annotated[str, AfterValidator(targets.kind)]] | None = None
    models: list[str] | None = None
    webhook: Annotated[str, AfterValidator(targets.address)] | None = None
    command: list[str] | None = None
    secret: str | None = None
    unsigned: bool | None = None
    timeout: Annotated[str, AfterValidator(targets.span)] | None = None

    def target(self) -> Target:
        """The receiver that it declares; raises `InvalidError` where its keys do not go together."""
        given = self.given("unsigned")
        if self.timeout is not None:
            given["timeout"] = targets.seconds(self.timeout)
        return targets.whole(Target(**given), unsigned=bool(self.unsigned))

    @model_validator(mode="after")
    def _whole(self) -> Events:
        self.target()
        return self


class Keys(Table):
    """All keys of `policy.toml`."""

    policies: list[str] | None = None
    registry: str | None = None
    ledger: str | None = None
    checkpoint: str | None = None
    protected: list[str] | None = None
    aliases: dict[str, list[str]] | None = None
    environments: dict[PlainName, PlainName] | None = None
    trust: Trust | None = None
    mlflow: Mlflow | None = None
    plugins: list[str] | None = None
    events: list[Events] | None = None

    def fields(self) -> dict[str, Any]:
        """What the file says, by the fields of `Configuration`."""
        found = self.given("trust", "mlflow", "events")
        for name, table in (("trust", self.trust), ("mlflow", self.mlflow)):
            found |= {f"{name}_{key}": value for key, value in (table.given() if table else {}).items()}
        if self.events is not None:
            found["events"] = tuple(each.target() for each in self.events)
        return found


OF: dict[str, type[Table]] = {"": Keys, "trust": Trust, "mlflow": Mlflow, "events": Events}
"""The keys of each table, by its name; nothing: those of the top."""


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return {k: _frozen(v) for k, v in value.items()} if isinstance(value, dict) else value
