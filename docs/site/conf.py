"""How Sphinx shows the pages that `python docs/site` prepares.  Nothing is loaded from elsewhere: the site works offline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import letpass
from letpass.language.highlighting import PolicyLexer

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "Letpass"
release = version = letpass.__version__
extensions = ["myst_parser"]
myst_heading_anchors = 4
html_theme = "furo"
html_title = f"Letpass {release}"
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_use_index = False
nitpicky = True


def setup(app: Sphinx) -> None:
    """Teach Sphinx the policy language, installed or not."""
    app.add_lexer("policy", PolicyLexer)
