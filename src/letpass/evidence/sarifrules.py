"""The rules of a SARIF run, and how bad a result of one is.

The sections are those of SARIF 2.1.0.  A reference that leads nowhere, or to two things, is not guessed at: the severity of
its result cannot be told.  Where the log leaves several rules or overrides open the worst counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from letpass.diagnostics import InvalidError
from letpass.evidence import sources
from letpass.facts.schema import SEVERITIES
from letpass.facts.values import written

LEVELS = {"none": "info", "note": "low", "warning": "medium", "error": "high"}
"""The severity of each level, from the least up (3.27.10)."""
_ABSENT = -1  # what an index says that is not said (3.52.5, 3.54.4)
_DEEPEST = 16  # parts of an id that is below another's
_ANY = ""  # stands for every rule

Place = tuple[int, int]
"""A rule: the place of its component, the driver first and then the extensions, and its place there."""


class UnresolvedError(InvalidError):
    """A reference that does not lead to one thing."""


class Rules:
    """The rules of a run's driver and extensions (3.18), and what its invocations configure of them."""

    def __init__(self, run: Mapping[str, Any]) -> None:
        """Raises `InvalidError` where they have another shape."""
        tool = run["tool"]
        self.components = [tool["driver"], *sources.mappings(tool.get("extensions", []), "`extensions`")]
        self.rules = [sources.mappings(each.get("rules", []), "`rules`") for each in self.components]
        self._ids: list[dict[Any, list[Place]]] = [_by(rules, c, "id") for c, rules in enumerate(self.rules)]
        self._guids: list[dict[Any, list[Place]]] = [_by(rules, c, "guid") for c, rules in enumerate(self.rules)]
        invocations = sources.mappings(run.get("invocations", []), "`invocations`")
        self.overrides = [self._overrides(each) for each in invocations]

    def of(self, result: dict[str, Any]) -> list[Place]:
        """The rules that a result may be of; none where the log does not describe its rule.  Raises `UnresolvedError`."""
        return self._places(_reference(result))

    def id(self, result: dict[str, Any]) -> str | None:
        """The id of a result's rule, as the result says it, else as the rule does."""
        reference = sources.mapping(result.get("rule", {}), "`rule`")
        said = sources.word(result, "ruleId") or sources.word(reference, "id")
        try:
            found = [] if said else self.of(result)
        except UnresolvedError:
            found = []
        return said or (sources.word(self._at(found[0]), "id") if len(found) == 1 else None)

    def name(self, result: dict[str, Any]) -> str | None:
        """The name of a result's rule."""
        try:
            found = self.of(result)
        except UnresolvedError:
            return None
        return sources.word(self._at(found[0]), "name") if len(found) == 1 else None

    def severity(self, result: dict[str, Any], kind: str) -> str:
        """How bad a result is: by the score of its `security-severity`, else by its level.

        A text that no record takes for a severity, and that says why, where that cannot be told.  Raises `InvalidError` for
        a score or a level that SARIF does not have.
        """
        if (score := _score(result)) is not None:
            return score
        try:
            places = self.of(result)
            found = [self._severity(result, kind, place) for place in places or (None,)]
        except UnresolvedError as error:
            _level(result.get("level", "none"))
            return f"cannot be told: {error}"
        return max(found, key=SEVERITIES.index)

    def _severity(self, result: dict[str, Any], kind: str, place: Place | None) -> str:
        rule = self._at(place) if place else {}
        if (score := _score(rule)) is not None:
            return score
        if "level" in result:
            return LEVELS[_level(result["level"])]
        if kind != "fail":  # 3.27.10
            return LEVELS["none"]
        return LEVELS[self._configured(result, rule, place)]

    def _configured(self, result: dict[str, Any], rule: Mapping[str, Any], place: Place | None) -> str:
        """The level that a rule has by default, or that an invocation gives it (3.27.10, 3.20.5).

        The override is that of the invocation which the result names (3.48.6).  Where it names none the worst of all counts.
        """
        default = _configuration(rule.get("defaultConfiguration", {}))
        provenance = sources.mapping(result.get("provenance", {}), "`provenance`")
        at = provenance.get("invocationIndex", _ABSENT)
        if type(at) is not int or not _ABSENT <= at < len(self.overrides):
            raise UnresolvedError(f"its invocation {written(at)} is not there")
        about = [place] if place else _above(_reference(result).get("id"))
        several = [self.overrides[at]] if at != _ABSENT else self.overrides
        levels = [each[of] for each in several for of in about if of in each]
        if at == _ABSENT or not levels:
            levels.append(default)
        levels += [each[_ANY] for each in several if _ANY in each]
        return max(levels, key=list(LEVELS).index)

    def _overrides(self, invocation: Mapping[str, Any]) -> dict[Place | str, str]:
        """The levels that an invocation configures (3.51), by rule, or by the id of one that is not described.

        One of which nobody can tell what rule it is of may be of any.
        """
        found: dict[Place | str, str] = {}
        each = "`ruleConfigurationOverrides`"
        for override in sources.mappings(invocation.get("ruleConfigurationOverrides", []), each):
            reference = sources.mapping(override.get("descriptor"), "`descriptor`")
            level = _configuration(override.get("configuration", {}))
            try:
                places = self._places(reference)
                of = places[0] if len(places) == 1 else _ANY if places else sources.word(reference, "id") or _ANY
            except UnresolvedError:
                of = _ANY
            found[of] = max(level, found.get(of, level), key=list(LEVELS).index)
        return found

    # ------------------------------------------------------------ references

    def _at(self, place: Place) -> dict[str, Any]:
        return self.rules[place[0]][place[1]]

    def _places(self, reference: Mapping[str, Any]) -> list[Place]:
        """The rules that a reference may mean (3.52): by index, else by guid, else by id, which may be one below another."""
        component = self._component(reference)
        index, guid, id_ = (reference.get(key) for key in ("index", "guid", "id"))
        if index is not None and index != _ABSENT:
            rules = self.rules[component or 0]
            if type(index) is not int or not 0 <= index < len(rules):
                raise UnresolvedError(f"its rule {written(index)} is not there")
            rule = rules[index]
            if (id_ and "id" in rule and not _below(id_, rule["id"])) or (guid and rule.get("guid", guid) != guid):
                raise UnresolvedError(f"its rule {index} is another one than it names")
            return [(component or 0, index)]
        within = [component] if component is not None else list(range(len(self.rules)))
        if guid:
            found = [place for c in within for place in self._guids[c].get(_key(guid), ())]
            if len(found) != 1 or (id_ and not _below(id_, self._at(found[0]).get("id", id_))):
                raise UnresolvedError(f"the rule of its guid {written(guid)} is not there")
            return found
        # without a component the driver is meant (3.52.7); where only an extension has the id, that one can be meant alone
        return self._named(id_, [component or 0]) or self._named(id_, within)

    def _named(self, id_: Any, within: Sequence[int]) -> list[Place]:
        """The rules of an id, or of the nearest one above it: `CA1/sub` is a case of `CA1` (3.27.5, 3.5.4)."""
        for each in _above(id_):
            if found := [place for c in within for place in self._ids[c].get(each, ())]:
                return found
        return []

    def _component(self, reference: Mapping[str, Any]) -> int | None:
        """The component that a reference names by index, guid or name (3.54), None where it names none."""
        if "toolComponent" not in reference:
            return None
        said = sources.mapping(reference["toolComponent"], "`toolComponent`")
        found = set(range(len(self.components)))
        if (index := said.get("index", _ABSENT)) != _ABSENT:
            found = {index + 1} if type(index) is int and 0 <= index < len(self.components) - 1 else set()
        for key in ("guid", "name"):
            if key in said:
                found = {n for n in found if self.components[n].get(key) == said[key]}
        if not {"index", "guid", "name"} & said.keys():
            return 0
        if len(found) != 1:
            raise UnresolvedError("the component of its rule is not there, or there are several")
        return found.pop()


def _reference(result: dict[str, Any]) -> dict[str, Any]:
    """What a result says of its rule in its own fields and in `rule`, which must agree (3.27.5 to 3.27.7)."""
    reference = dict(sources.mapping(result.get("rule", {}), "`rule`"))
    for own, inner in (("ruleId", "id"), ("ruleIndex", "index")):
        if own in result and reference.setdefault(inner, result[own]) != result[own]:
            raise UnresolvedError(f"its `{own}` and its `rule` name two")
    if reference.get("id") is not None and not isinstance(reference["id"], str):
        raise InvalidError(f"`ruleId` is no text: {written(reference['id'])}")
    return reference


def _by(rules: Sequence[Mapping[str, Any]], component: int, key: str) -> dict[Any, list[Place]]:
    """The places of a component's rules by a key of theirs."""
    found: dict[Any, list[Place]] = {}
    for n, rule in enumerate(rules):
        if key in rule:
            found.setdefault(_key(rule[key]), []).append((component, n))
    return found


def _key(value: Any) -> str:
    """A text as it is, and of anything else one that no text is."""
    return value if isinstance(value, str) else f"\0{written(value)}"


def _above(id_: Any) -> list[str]:
    """An id and the ids above it, the nearest first: `CA1/sub` is below `CA1`."""
    if not isinstance(id_, str) or not id_:
        return []
    if id_.count("/") >= _DEEPEST:
        raise UnresolvedError(f"the id of its rule has more than {_DEEPEST} parts")
    parts = id_.split("/")
    return [above for n in range(len(parts), 0, -1) if (above := "/".join(parts[:n]))]


def _below(id_: Any, above: Any) -> bool:
    """Is an id another one, or below it."""
    return isinstance(id_, str) and isinstance(above, str) and (id_ == above or id_.startswith(f"{above}/"))


def _configuration(configuration: Any) -> str:
    """The level of a rule's configuration, which is a warning where it says none (3.50.3)."""
    return _level(sources.mapping(configuration, "a rule's configuration").get("level", "warning"))


def _level(level: Any) -> str:
    if not isinstance(level, str) or level not in LEVELS:
        raise InvalidError(f"the level of a result is {written(level)}, which SARIF does not have")
    return level


def _score(holder: Mapping[str, Any]) -> str | None:
    """The severity by the CVSS score of a `security-severity`; None where there is none."""
    properties = holder.get("properties")
    if not isinstance(properties, dict) or "security-severity" not in properties:
        return None
    said = properties["security-severity"]
    try:
        score = float(said) if isinstance(said, str | int | float) and not isinstance(said, bool) else -1.0
    except (ValueError, OverflowError):
        score = -1.0
    if not 0 <= score <= 10:
        raise InvalidError(f"a `security-severity` is no score from 0 to 10: {written(said)}")
    return next(
        (word for least, word in ((9, "critical"), (7, "high"), (4, "medium")) if score >= least),
        "low" if score else "info",
    )
