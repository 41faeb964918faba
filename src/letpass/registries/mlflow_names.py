"""What names mean in MLflow: tags of the gate's, MLflow's own stages, and which texts are a version's number or an alias."""

from __future__ import annotations

import re

STATEMENT = "letpass."
"""How the keys of the gate's own tags begin."""
DECISION, STANDING, OBJECTION = ".decision", ".standing", ".objection"
"""How the keys of some of them end."""
OWN_STAGES = {"production": "Production", "staging": "Staging", "archived": "Archived", "none": "None"}
"""MLflow's own stages, by their names in small letters."""


def is_version(word: str) -> bool:
    """Is a word a version's number, in the one way that everybody reads alike."""
    return re.fullmatch(r"[1-9][0-9]{0,17}", word) is not None


def is_alias(word: str) -> bool:
    """Is a word an alias that nobody can take for another one."""
    return re.fullmatch(r"[A-Za-z0-9_-]{1,255}", word) is not None
