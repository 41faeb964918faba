"""Model cards of Hugging Face, or their front matter alone: the results of their model-index, and the license.

A metric is named by its `type`, which the Hub defines, not by its `name`, which is free text.  Its data set is that one's
`type`, with the configuration: `glue/mrpc`.
"""

from __future__ import annotations

import re
from typing import Any

from letpass.diagnostics import InvalidError
from letpass.evidence import sources
from letpass.evidence.interface import Asked, Part
from letpass.facts.values import Plain

_MARK = "---"
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
NOT_USED = "card-not-used"
"""The kind of notice of a card of which a license is known, and no metric can be used."""
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
    such as `20.0 +- 1.2`, stays as it is written.  Several licenses stay several, of which a record can use none.  The license
    of a card whose model-index cannot be used is kept, with a notice.  Raises `InvalidError` for what is no card.
    """
    card = sources.plain(_front(sources.text(data)), "yaml")
    if not isinstance(card, dict) or not {"model-index", "license"} & card.keys():
        raise InvalidError("no model card: its front matter has neither `model-index` nor `license`")
    found: Part = {}
    licenses = _licenses(card)
    if licenses:
        found["license"] = licenses[0] if len(licenses) == 1 else licenses
    try:
        metrics = _metrics(card.get("model-index"), asked)
    except InvalidError as error:
        if not licenses:
            raise
        metrics = {}
        found["notices"] = [{"kind": NOT_USED, "what": f"no metric of the model card is read: {error}"}]
    if metrics or asked.units:
        found |= sources.metrics(asked, metrics)
    if not found:
        raise InvalidError("no metric and no license in it")
    return found


def _front(text: str) -> str:
    """The YAML between the first two marks, of which blank lines alone stand before the first; all of it where there are none."""
    lines = _LINE.findall(text)
    marks = [at for at, line in enumerate(lines) if line.rstrip() == _MARK][:2]
    if len(marks) < 2 or any(line.strip() for line in lines[: marks[0]]):
        return text
    return "".join(lines[marks[0] + 1 : marks[1]])


def _licenses(card: dict[str, Any]) -> list[str]:
    """The licenses of a card, each once; `other` by the name beside it, where there is one."""
    said = card.get("license")
    found = []
    for each in said if isinstance(said, list) else [said]:
        word = _word({"license": each}, "license")
        if word is not None:
            named = _word(card, "license_name") if word.lower() == "other" else None
            found.append(named or _SPDX.get(word.lower(), word))
    return list(dict.fromkeys(found))


def _metrics(index: Any, asked: Asked) -> dict[str, Any]:
    models = sources.mappings(_filled(index), "`model-index`")
    if len(models) > 1:
        raise InvalidError(f"its `model-index` holds {len(models)} models: which one is meant cannot be told")
    found: dict[str, list[dict[str, Any]]] = {}
    for result in sources.mappings(_filled(models[0].get("results")) if models else [], "`results`"):
        on = sources.mapping(_filled(result.get("dataset")) or {}, "`dataset`")
        source = sources.mapping(_filled(result.get("source")) or {}, "`source`")
        set_, configuration = _word(on, "type") or _word(on, "name"), _word(on, "config")
        for metric in sources.mappings(_filled(result.get("metrics")), "`metrics`"):
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


def _filled(value: Any) -> Any:
    """A list or mapping of a card, an empty list where nothing stands in its place."""
    return [] if _is_nothing(value) else value


def _is_nothing(value: Any) -> bool:
    """Does nothing stand in a value's place, as YAML says it."""
    return value is None or (isinstance(value, Plain) and value.lower() in {"", "~", "null"})


def _word(holder: dict[str, Any], key: str) -> str | None:
    """A text of the card, where an unquoted scalar is one whatever it looks like."""
    found = holder.get(key)
    if _is_nothing(found):
        return None
    return str(found) or None if isinstance(found, Plain) else sources.word(holder, key)
