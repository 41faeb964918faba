"""Decisions as people and programs read them: one file per format.  A report never changes a verdict."""

FORMATS = (
    *("text", "concise", "json", "json-line", "markdown", "html"),
    *("junit", "sarif", "github", "gitlab", "azure", "tap"),
)
"""The formats of reports, by name."""
