"""`policy verify`: was exactly this allowed, by whom, and is it in the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli import options, people
from assay.cli.exits import Exit

if TYPE_CHECKING:
    from assay.configuration import Configuration
    from assay.ledger.note import Checkpoint
    from assay.verification import Check


@click.command("verify", short_help="Verify that a move was allowed, and of which bytes.")
@click.argument("decision", metavar="DECISION|MODEL")
@click.option("--to", "stage", metavar="STAGE", help="The stage that the move must have been to.")
@options.artifact_option
@click.option("--checkpoint", metavar="FILE", help="A checkpoint that was kept earlier; the ledger must continue it.")
@click.option("--offline", is_flag=True, help="Do not ask the ledger.")
def command(decision: str, stage: str | None, artifact: str | None, checkpoint: str | None, offline: bool) -> None:
    """Verify a DECISION (`….decision.json`), or the newest one beside a MODEL.

    It needs the decision's file, the trust file and the bytes.  Where the ledger can be reached, it must continue the
    decision's checkpoint, and have no later word against it.  Exit 0 where everything holds, 1 where something does not.

    \b
    Example:
      policy verify models/fraud/4.yaml --to production --artifact fraud-4.onnx
    """
    with options.diagnosed():
        from assay import verification
        from assay.artifact import ArtifactError, digest
        from assay.configuration import load
        from assay.gathering import Desk
        from assay.language.diagnostics import clean
        from assay.trust.strict import refused

        configuration = load()
        desk = Desk(configuration)
        found, model = _find(decision, stage, configuration)
        try:
            proof = verification.read(found.read_bytes())
            bytes_are = digest(Path(artifact)) if artifact else ""
            asked = verification.Asked(
                desk.ledger_keys(), people.now(), desk.trust, bytes_are, stage or "", model, _kept(checkpoint),
                None if offline else desk.opened(),
            )  # fmt: skip
            made, checks = verification.verify(proof, asked)
        except ArtifactError as error:
            raise refused("GATE416", f"the artifact cannot be hashed: {error}", artifact or "") from None
        except OSError as error:
            raise refused(
                "GATE413", f"cannot read the decision: {(error.strerror or 'no reason given').lower()}", str(found)
            ) from None
        except ValueError as error:
            raise refused("GATE413", f"no decision: {error}", str(found)) from None
    good = all(c.holds is not False for c in checks)
    click.echo(
        f"{'VERIFIED' if good else 'NOT VERIFIED'}  {clean(made.model)}@{clean(made.version)}, {clean(made.words)}: {made.verdict}"
    )
    for check in checks:
        click.echo(f"  {_WORDS[check.holds]:4} {clean(_line(check))}")
    if not good:
        raise click.exceptions.Exit(Exit.NO)


_WORDS = {True: "ok", False: "NO", None: "-"}


def _line(check: Check) -> str:
    return f"{check.what}: {check.detail}" if check.detail else check.what


def _find(name: str, stage: str | None, configuration: Configuration) -> tuple[Path, str]:
    """The decision's file, and the model that was named, if one was."""
    from assay.registries import carried
    from assay.trust.strict import refused

    if name.endswith(carried.DECISION):
        return Path(name), ""
    record = people.record_of(name, configuration)
    folder = carried.folder(record)
    candidates = sorted(folder.glob(f"*{carried.DECISION}")) if folder is not None and folder.is_dir() else []
    newest = max(((_at(p, stage), p) for p in candidates), default=None)
    if newest is None:
        raise refused(
            "GATE413",
            f"there is no decision beside `{record.name}`",
            str(folder or name),
            "`policy check --log` leaves one where it allows",
        )
    return newest[1], record.name


def _at(path: Path, stage: str | None) -> tuple[bool, int]:
    """How a decision ranks: of the stage that was asked for, then the newest."""
    from assay import verification

    try:
        proof = verification.read(path.read_bytes())
        made = verification.decision_of(proof)[0]
    except (OSError, ValueError):
        return False, -1
    return stage is None or made.move.get("stage", "").casefold() == stage.casefold(), proof.index


def _kept(file: str | None) -> Checkpoint | None:
    from assay.ledger import note
    from assay.trust.strict import refused

    if file is None:
        return None
    try:
        return note.read(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise refused(
            "GATE421", f"cannot read the checkpoint: {(error.strerror or 'no reason given').lower()}", file
        ) from None
    except ValueError as error:
        raise refused("GATE421", f"no checkpoint: {error}", file) from None
