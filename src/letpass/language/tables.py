"""Makes the parse tables after a change of the grammar: `python -m letpass.language.tables`."""

from letpass.language.parser import TABLES, tables

if __name__ == "__main__":
    TABLES.write_text(tables(), encoding="utf-8")
