"""Model cards of Hugging Face, or their front matter alone: the results of their model-index, and the license.

A metric is named by its `type`, which the Hub defines, not by its `name`, which is free text.  Its data set is that one's
`type`, with the configuration: `glue/mrpc`.
"""

from __future__ import annotations

from typing import Any

from letpass.diagnostics import InvalidError
from letpass.evidence import sources
from letpass.evidence.interface import Asked, Part
from letpass.facts.values import Plain

_MARK = "---"
# SPDX compares identifiers whatever their case, and writes them so
_SPELLED = """
AFL-3.0 AGPL-3.0 Apache-2.0 Artistic-2.0 BSD-2-Clause BSD-3-Clause BSL-1.0 CC-BY-2.0 CC-BY-3.0 CC-BY-4.0
CC-BY-NC-2.0 CC-BY-NC-3.0 CC-BY-NC-4.0 CC-BY-NC-ND-4.0 CC-BY-NC-SA-4.0 CC-BY-ND-4.0 CC-BY-SA-3.0 CC-BY-SA-4.0
CC0-1.0 ECL-2.0 EPL-1.0 EPL-2.0 EUPL-1.1 EUPL-1.2 GPL-2.0 GPL-3.0 ISC LGPL-2.1 LGPL-3.0 LPPL-1.3c MIT MPL-2.0
MS-PL NCSA OFL-1.1 OSL-3.0 PostgreSQL Unlicense WTFPL Zlib
"""
_SPDX = {spdx.lower(): spdx for spdx in _SPELLED.split()}


def read(data: bytes, asked: Asked) -> Part:
    """The metrics of a card's model-index, and its license by the SPDX identifier where it is one's name.

    asked: `data_set` and `ran_at`, which count where the card does not say them, and `units`.  A value that is no number,
    such as `20.0 +- 1.2`, stays as it is written.  Raises `InvalidError` for what is no card, and for one of several models.
    """
    card = sources.plain(_front(sources.text(data)), "yaml")
    if not isinstance(card, dict) or not {"model-index", "license"} & card.keys():
        raise InvalidError("no model card: its front matter has neither `model-index` nor `license`")
    found: Part = {}
    license_ = _word(card, "license_name" if card.get("license") == "other" else "license")
    if license_ is not None:
        found["license"] = _SPDX.get(license_.lower(), license_)
    if "model-index" in card:
        found |= sources.metrics(asked, _metrics(card["model-index"], asked))
    if not found:
        raise InvalidError("no metric and no license in it")
    return found


def _front(text: str) -> str:
    """The YAML between the first two marks, or all of it where there are none."""
    lines = text.splitlines(keepends=True)
    marks = [at for at, line in enumerate(lines) if line.rstrip() == _MARK][:2]
    return "".join(lines[1 : marks[1]]) if marks[:1] == [0] and len(marks) == 2 else text


def _metrics(index: Any, asked: Asked) -> dict[str, Any]:
    models = sources.mappings(index, "`model-index`")
    if len(models) != 1:
        raise InvalidError(f"its `model-index` holds {len(models)} models: which one is meant cannot be told")
    found: dict[str, list[dict[str, Any]]] = {}
    for result in sources.mappings(models[0].get("results"), "`results`"):
        on = sources.mapping(result.get("dataset", {}), "`dataset`")
        source = sources.mapping(result.get("source", {}), "`source`")
        set_, configuration = _word(on, "type") or _word(on, "name"), _word(on, "config")
        for metric in sources.mappings(result.get("metrics"), "`metrics`"):
            name = _word(metric, "type")
            if name is None:
                raise InvalidError("a metric without a `type`")
            piece = sources.measure(
                asked,
                name,
                metric.get("value"),
                data_set=f"{set_}/{configuration}" if set_ and configuration else set_,
                split=_word(on, "split"),
                source=_word(source, "url") or _word(source, "name"),
            )
            found.setdefault(name, []).append(piece)
    return {name: pieces[0] if len(pieces) == 1 else pieces for name, pieces in found.items()}


def _word(holder: dict[str, Any], key: str) -> str | None:
    """A text of the card, where an unquoted scalar is one whatever it looks like."""
    found = holder.get(key)
    return str(found) or None if isinstance(found, Plain) else sources.word(holder, key)
