"""A project's first files: the configuration, and policies of the library or from a champion, verified before they are written."""

from __future__ import annotations

import os
import shlex
from decimal import Decimal
from pathlib import Path

from letpass import disk
from letpass.authoring.cases import judging, reading
from letpass.authoring.scaffold import cases, champion, library, rule, settings, writing
from letpass.authoring.scaffold.around import PEOPLE, Around, reference
from letpass.authoring.scaffold.writing import Plan
from letpass.diagnostics import ScaffoldError, Source, so_many
from letpass.facts.record import Record
from letpass.facts.schema import VOCABULARY
from letpass.frozen import Frozen
from letpass.language.parser import parse
from letpass.project import policyset
from letpass.project.configuration import FILE, Configuration
from letpass.project.policyset import PolicySet, from_texts


class Begun(Frozen):
    """What is to be written, what was verified of it, what else is to be said, and the command to run next."""

    plan: Plan
    verified: tuple[str, ...]
    said: tuple[str, ...]
    next: str


def from_library(folder: Path, around: Around, stage: str) -> Begun:
    """The configuration and the first policies of the library; raises `ScaffoldError` where they would not hold."""
    files = settings.files(folder, around, stage)
    said: list[str] = []
    verified: list[str] = []
    own = _policy_texts(folder, around.configuration)
    target = _policies(folder, around.configuration)
    people = around.trusted or around.listed
    texts = library.first(stage, people=people, risk=around.risk)
    ours = {target / name: text for name, text in texts.items()}
    foreign = [path for path in own if path not in ours and _is_policy(own[path])]
    if foreign:
        said.append(f"`{disk.shown(foreign[0])}` is a policy of the project already, so none of the library is added")
        plan = writing.plan(folder, files)
    else:
        plan = _settled(folder, {**ours, **files}, [p for p in ours if p.name.endswith(reading.SUFFIX)])
        verified = _verified(folder, {**own, **plan.texts})
        if not people:
            said.append(f"the rule `{library.PEOPLE}` is left out, since nobody could sign")
            if around.models and around.risk:
                said.append(
                    "records have a risk class, and the policy on high risk is left out with it"
                    + _with_people(folder, stage, texts, {n: p for n in texts if (p := target / n) not in plan.other})
                )
    return Begun(plan, tuple(verified), tuple(said), _next(folder, around, plan, around.candidate, stage))


def _with_people(folder: Path, stage: str, written: library.Texts, paths: dict[str, Path]) -> str:
    """The command that brings the rules on people in once they are listed; nothing where somebody edited what it replaces.

    written: the texts of the library without them · paths: of those that stand there so.
    """
    then = library.first(stage, people=True, risk=True)
    apart = [name for name, text in written.items() if then.get(name, text) != text]
    if not set(apart) <= paths.keys():
        return ""
    where = "" if folder == Path() else f" {shlex.quote(str(folder))}"
    files = " ".join(shlex.quote(disk.shown(paths[name])) for name in apart)
    return f"; once {PEOPLE} lists who can sign, `rm {files} && policy init{where}` brings both in"


def from_champion(
    folder: Path, around: Around, record: Record, stage: str, margin: Decimal, now: int, *, widened: bool = False
) -> Begun:
    """The configuration and a policy that the champion passes; raises `ScaffoldError` where none can be made."""
    own = _policy_texts(folder, around.configuration)
    target = _policies(folder, around.configuration)
    known = rule.declarations((disk.shown(path), text) for path, text in own.items())
    shipped = rule.declarations([("", reading.from_disk(library.folder() / library.METRICS))])
    alone = not set(around.models) - {record.text("model")}
    there = {_header(text): path for path, text in own.items()}
    free = {name for name, path in there.items() if path != target / f"{name}{policyset.SUFFIX}"}
    written = champion.write(record, known, shipped, stage, margin, now, alone=alone, taken=free, widened=widened)
    path = target / f"{written.name}{policyset.SUFFIX}"
    beside = path.with_name(f"{written.name}{reading.SUFFIX}")
    made = cases.write(written, record, stage, now)
    files = {path: written.text, **({beside: made} if made else {}), **settings.files(folder, around, stage)}
    plan = writing.plan(folder, files)
    if path in plan.other or {path, beside} <= set(plan.kept):  # they are of what is there, or of another day
        plan = writing.plan(folder, {p: text for p, text in files.items() if p != beside})
    said = list(written.left)
    verified = []
    if path in plan.new:
        from_texts(_named(folder, {**own, **plan.texts}), VOCABULARY)
        verified.append(f"the policy compiles, and `{record.name}` passes its {so_many(len(written.rules), 'rule')}")
    elif path in plan.other:
        said.append(f"remove `{disk.shown(path)}` to have it written anew")
    if not made:
        said.append("a cases file cannot hold what the champion records, so there is none")
    named = reference(record, around.configuration, folder)
    return Begun(plan, tuple(verified), tuple(said), _next(folder, around, plan, named, stage))


def _next(folder: Path, around: Around, plan: Plan, named: str, stage: str) -> str:
    """The next command: a check of a version where there is one and it would be judged, else the cases, else the lint."""
    if around.listed:
        return "policy trust init"
    if named and (around.pinned or not around.trusted):
        return f"policy check {named} --to {shlex.quote(stage)}"
    there = [p for name in around.configuration.policies for p in (folder / name).rglob(f"*{reading.SUFFIX}")]
    return "policy test" if there or any(p.name.endswith(reading.SUFFIX) for p in plan.new) else "policy lint"


def _settled(folder: Path, files: dict[Path, str], tests: list[Path]) -> Plan:
    """The plan, without cases for a policy that is there and is another."""
    found = writing.plan(folder, files)
    theirs = {p for p in tests if p.with_name(p.name.replace(reading.SUFFIX, policyset.SUFFIX)) in found.other}
    return writing.plan(folder, {p: t for p, t in files.items() if p not in theirs}) if theirs else found


# ---------------------------------------------------------------- what is there


def _policies(folder: Path, configuration: Configuration) -> Path:
    """The folder into which a new policy goes: the first that the configuration names."""
    here = os.path.normpath(folder.absolute())
    inside = [
        path
        for name in configuration.policies
        if not name.endswith(policyset.SUFFIX)
        and Path(os.path.normpath((path := folder / name).absolute())).is_relative_to(here)
    ]
    if inside:
        return next((path for path in inside if not path.is_file()), inside[0])
    what = f"`policies` of `{FILE}` names no folder inside the project, where a new policy could go"
    raise ScaffoldError.of("GATE014", what, disk.shown(folder / FILE), 'write `policies = ["policies"]`')


def _policy_texts(folder: Path, configuration: Configuration) -> dict[Path, str]:
    """All policy files that the project has, by path; raises `ScaffoldError` for one that cannot be read."""
    found: dict[Path, str] = {}
    for name in configuration.policies:
        path = folder / name
        files = sorted(path.rglob(f"*{policyset.SUFFIX}")) if path.is_dir() else [path] if path.is_file() else []
        found.update({file: policyset.read_text(file) for file in files if file.is_file()})
    return found


def _is_policy(text: str) -> bool:
    return bool(_header(text))


def _header(text: str) -> str:
    """The name of the policy in a text; nothing where it holds declarations alone."""
    tree, _ = parse(Source("", text))
    return tree.header.name if tree.header is not None else ""


# ---------------------------------------------------------------- verification


def _named(folder: Path, texts: dict[Path, str]) -> dict[str, str]:
    """Policy texts by the names under which they find each other."""
    return {
        os.path.relpath(path, folder).replace("\\", "/"): text
        for path, text in texts.items()
        if path.suffix == policyset.SUFFIX
    }


def _verified(folder: Path, texts: dict[Path, str]) -> list[str]:
    """What was found by checking the policies and judging their cases as they will stand; raises `ScaffoldError`."""
    named = _named(folder, texts)
    whole = from_texts(named, VOCABULARY, warn=False)
    count = 0
    for path in [p for p in texts if p.name.endswith(reading.SUFFIX)]:
        file = reading.load(path, lambda p: texts.get(Path(os.path.normpath(p)), "") or reading.from_disk(p))
        policy = path.with_name(path.name.replace(reading.SUFFIX, policyset.SUFFIX))
        tried = judging.try_out(file, _alone(whole, os.path.relpath(policy, folder).replace("\\", "/")))
        wrong = [r for r in tried.results if not r.as_expected]
        if tried.faults or wrong:
            what = f"`{disk.shown(path)}` would not hold with the files that are there"
            help_ = "move what is in the way elsewhere, or adapt its cases; `policy test` shows them"
            first = f": {wrong[0].case.name}" if wrong else f": {tried.faults[0].message}"
            raise ScaffoldError.of("GATE014", what + first, disk.shown(path), help_)
        count += len(tried.results)
    policies = so_many(len(whole.policies), "policy", "policies")
    return [
        f"{policies} compile{'s' if len(whole.policies) == 1 else ''}, and {so_many(count, 'case')} come out as they say"
    ]


def _alone(whole: PolicySet, name: str) -> PolicySet:
    """The one policy of a set that comes from a file."""
    return PolicySet(tuple(p for p in whole.policies if p.span.source.name == name), whole.texts)
