"""What PostgreSQL's catalogs say of the ledger's tables, in one query, and which objects among them are not the ledger's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from letpass.frozen import Frozen, replace
from letpass.ledger import schema
from letpass.ledger.schema import Oddity

GUARD = " BEGIN RAISE EXCEPTION 'the ledger is append-only'; END "
"""The body of the function that its triggers run."""
MARK = "letpass ledger, schema "
"""What the comment on `head` begins with; the number of the schema follows."""
_NAMES = ", ".join(f"'{name}'" for name in schema.TABLES)
QUERY = f"""
WITH seen AS (
  SELECT c.oid, c.relname::text AS tab, n.nspname::text AS space, c.relkind, c.relpersistence, c.relrowsecurity,
    c.relforcerowsecurity, c.relowner, c.oid = to_regclass(quote_ident(c.relname)) AS first
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relname IN ({_NAMES}) AND n.nspname = ANY (current_schemas(true))
), ours AS (SELECT * FROM seen WHERE first)
SELECT 'relation', tab, space, relkind::text || relpersistence::text, first FROM seen
UNION ALL SELECT 'row security', tab, '', '', relforcerowsecurity FROM ours WHERE relrowsecurity OR relforcerowsecurity
UNION ALL SELECT 'trigger', tab, t.tgname,
    pg_get_triggerdef(t.oid, true) || ': ' || l.lanname || coalesce(p.proconfig::text, '') || p.prosrc, t.tgenabled IN ('O', 'A')
  FROM pg_trigger t JOIN ours o ON o.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_language l ON l.oid = p.prolang
  WHERE NOT t.tgisinternal
UNION ALL SELECT 'rule', tab, r.rulename, '', false FROM pg_rewrite r JOIN ours o ON o.oid = r.ev_class WHERE o.relkind = 'r'
UNION ALL SELECT 'policy', tab, p.polname, '', false FROM pg_policy p JOIN ours o ON o.oid = p.polrelid
UNION ALL SELECT 'parent', tab, i.inhparent::regclass::text, '', false FROM pg_inherits i JOIN ours o ON o.oid = i.inhrelid
UNION ALL SELECT 'child', tab, i.inhrelid::regclass::text, '', false FROM pg_inherits i JOIN ours o ON o.oid = i.inhparent
UNION ALL SELECT 'column', tab, a.attname, format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
    || CASE WHEN a.attgenerated <> '' THEN ' generated' ELSE '' END || CASE WHEN a.attidentity <> '' THEN ' identity' ELSE '' END
    || CASE WHEN a.attcollation NOT IN (0, 100) THEN ' collate ' || a.attcollation::regcollation::text ELSE '' END, true
  FROM pg_attribute a JOIN ours o ON o.oid = a.attrelid WHERE a.attnum > 0 AND NOT a.attisdropped
UNION ALL SELECT 'constraint', tab, k.conname, pg_get_constraintdef(k.oid, true), k.convalidated
  FROM pg_constraint k JOIN ours o ON o.oid IN (k.conrelid, k.confrelid) WHERE k.contype NOT IN ('n', 't')
UNION ALL SELECT 'index', tab, i.indexrelid::regclass::text, '', false
  FROM pg_index i JOIN ours o ON o.oid = i.indrelid WHERE i.indexprs IS NOT NULL OR i.indpred IS NOT NULL OR NOT i.indisvalid
UNION ALL SELECT 'comment', tab, '', coalesce(obj_description(oid, 'pg_class'), ''), pg_has_role(relowner, 'MEMBER')
  FROM ours WHERE tab = 'head'
"""  # noqa: S608
Fact = tuple[str, str, str, str, bool]
"""One line of the answer: what it is, on which table, its name, what it says, and whether it is in effect."""
_STAYS = f"EXECUTE FUNCTION ledger_stays(): plpgsql{GUARD}"
_OURS: Mapping[tuple[str, str, str], str] = {
    **{("column", table, name): type_ for table, columns in {
        "entry": {"idx": "bigint not null", "body": "text not null", "leaf": "bytea not null", "key": "text not null", "checkpoint": "text"},
        "head": {"one": "integer not null", "size": "bigint not null", "frontier": "bytea not null", "checkpoint": "text not null"},
        "material": {"digest": "text not null", "data": "bytea not null"},
        "state": {"one": "integer not null", "note": "text not null"},
        "node": {"place": "bigint not null", "body": "bytea not null"},
        "listed": {"list": "bytea not null", "idx": "bigint not null"},
        "subtree": {"level": "integer not null", "idx": "bigint not null", "hash": "bytea not null"},
        "delivery": {
            "target": "text not null", "model": "text not null", "done": "bigint not null", "attempts": "bigint not null",
            "due": "bigint not null", "error": "text not null", "holder": "text not null", "until": "bigint not null",
        },
    }.items() for name, type_ in columns.items()},
    ("constraint", "entry", "entry_pkey"): "PRIMARY KEY (idx)",
    ("constraint", "entry", "entry_key_key"): "UNIQUE (key)",
    ("constraint", "entry", "entry_leaf_check"): "CHECK (length(leaf) = 32)",
    ("constraint", "head", "head_pkey"): "PRIMARY KEY (one)",
    ("constraint", "head", "head_one_check"): "CHECK (one = 1)",
    ("constraint", "material", "material_pkey"): "PRIMARY KEY (digest)",
    ("constraint", "delivery", "delivery_pkey"): "PRIMARY KEY (target, model)",
    ("constraint", "state", "state_pkey"): "PRIMARY KEY (one)",
    ("constraint", "state", "state_one_check"): "CHECK (one = 1)",
    ("constraint", "node", "node_pkey"): "PRIMARY KEY (place)",
    ("constraint", "listed", "listed_pkey"): "PRIMARY KEY (list, idx)",
    ("constraint", "subtree", "subtree_pkey"): "PRIMARY KEY (level, idx)",
    ("constraint", "subtree", "subtree_hash_check"): "CHECK (length(hash) = 32)",
    ("trigger", "entry", "entry_stays"):
        f"CREATE TRIGGER entry_stays BEFORE DELETE OR UPDATE OR TRUNCATE ON entry FOR EACH STATEMENT {_STAYS}",
    ("trigger", "listed", "listed_stays"):
        f"CREATE TRIGGER listed_stays BEFORE DELETE OR UPDATE OR TRUNCATE ON listed FOR EACH STATEMENT {_STAYS}",
    ("trigger", "subtree", "subtree_stays"):
        f"CREATE TRIGGER subtree_stays BEFORE DELETE OR UPDATE OR TRUNCATE ON subtree FOR EACH STATEMENT {_STAYS}",
    ("trigger", "head", "head_remains"):
        f"CREATE TRIGGER head_remains BEFORE DELETE OR TRUNCATE ON head FOR EACH STATEMENT {_STAYS}",
    ("trigger", "head", "head_grows"):
        f"CREATE TRIGGER head_grows BEFORE UPDATE ON head FOR EACH ROW WHEN (new.size < old.size) {_STAYS}",
}  # fmt: skip
_KINDS = {"v": "view", "m": "materialized view", "f": "foreign table", "p": "partitioned table", "r": "table"}
_MENDS = {
    "trigger": "DROP TRIGGER {name} ON {tab}",
    "rule": "DROP RULE {name} ON {tab}",
    "policy": "DROP POLICY {name} ON {tab}",
    "row security": "ALTER TABLE {tab} DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY",
    "parent": "ALTER TABLE {tab} NO INHERIT {name}",
    "child": "ALTER TABLE {name} NO INHERIT {tab}",
    "column": "ALTER TABLE {tab} DROP COLUMN {name}",
    "constraint": "ALTER TABLE {tab} DROP CONSTRAINT {name}",
    "index": "DROP INDEX {name}",
}


class Survey(Frozen):
    """What the catalogs say: whether the ledger was begun, what is odd, the comment on `head`, and whether the tables are
    of the role that asks."""

    begun: bool
    odd: tuple[Oddity, ...]
    comment: str = ""
    own: bool = False

    @property
    def number(self) -> int | str:
        """The number of the schema, or the comment that says none."""
        if not self.comment:
            return schema.FIRST
        said = self.comment.removeprefix(MARK)
        return int(said) if said != self.comment and said.isdecimal() else self.comment


def survey(facts: Iterable[Fact]) -> Survey:
    """The survey in the rows that the query gives."""
    found = list(facts)
    comment, own = next(((said, on) for what, _, _, said, on in found if what == "comment"), ("", False))
    begun = any(what == "relation" for what, *_ in found)
    of = Survey(begun, (), comment, own)
    return replace(of, odd=tuple(_odd(found, of.number))) if begun else of


def _odd(found: list[Fact], number: int | str) -> Iterator[Oddity]:
    relations = [f for f in found if f[0] == "relation"]
    for _, tab, space, said, first in relations:
        if not first:
            what = f"`{tab}` is in the schema `{space}` too, and the search path leads to both"
            yield Oddity(what, "SHOW search_path")
        elif said != "rp":
            lasting = {"u": "an unlogged ", "t": "a temporary "}.get(said[1:], "a ")
            yield Oddity(f"`{tab}` is {lasting}{_KINDS.get(said[0], 'relation')}")
    spaces = sorted({space for _, _, space, _, first in relations if first})
    if len(spaces) > 1:
        yield Oddity(f"its tables are in several schemas: {', '.join(spaces)}", "SHOW search_path")
    tables = {tab for _, tab, _, _, first in relations if first}
    for what, tab, name, said, on in found:
        if what in {"relation", "comment"}:
            continue
        expected = _OURS.get((what, tab, name))
        if expected == said and not on and what == "trigger":
            yield Oddity(f"the trigger `{name}` on `{tab}` is off", f"ALTER TABLE {tab} ENABLE TRIGGER {name}")
        elif expected != said or not on:
            yield Oddity(_words(what, tab, name, said, expected), _MENDS[what].format(tab=tab, name=_identifier(name)))
    there = {(what, tab, name) for what, tab, name, _, _ in found}
    for table in schema.NEEDED:
        if table not in tables and not schema.lacks(number, table):
            yield Oddity(f"its table `{table}` is missing")
    for what, tab, name in _OURS:
        if tab in tables and (what, tab, name) not in there:
            yield Oddity(f"the {what} `{name}` of `{tab}` is missing", lacking=what == "trigger")


def _words(what: str, tab: str, name: str, said: str, expected: str | None) -> str:
    if what == "row security":
        return f"row security is on for `{tab}`"
    if what in {"parent", "child"}:
        return f"`{tab}` has the {what} `{name}`, and shares its rows"
    if what == "column" and expected is not None:
        return f"the column `{name}` of `{tab}` is {said}, not {expected}"
    return f"the {what} `{name}` on `{tab}` is not the ledger's own"


def _identifier(name: str) -> str:
    plain = name.replace(".", "").replace("_", "").isalnum() and name == name.lower()
    return name if plain or name.startswith('"') else '"' + name.replace('"', '""') + '"'
