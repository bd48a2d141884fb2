"""How the catalogue of PostgreSQL tells whether a schema is built and indexed as it was made."""

from __future__ import annotations

from typing import Any, Final

from psycopg import Connection

from ledger.storage.postgres_schema import statements
from ledger.storage.soundness import MAX_MISFILED, MAX_OBJECTS, Altered, Misfiled, altered_by_name

_TABLES: Final = ("entries", "manifests", "tiles", "notes", "store_info")

_PARTS: Final = {
    **dict.fromkeys((f"table {table}" for table in _TABLES), "plain"),
    **dict.fromkeys((f"index {table}_pkey" for table in _TABLES), "sound"),
    "index entries_governance": "sound",
    "index entries_originator_id_originator_version_notification_id_key": "sound",
    "index notes_kind_origin_size_digest_key": "sound",
}
_TRIGGERS: Final = {
    **dict.fromkeys((f"trigger {table}_no_change" for table in _TABLES), "A"),
    "trigger entries_contiguous": "A",
}

_FIND_PARTS: Final = """
SELECT 'table ' || c.relname, CASE WHEN c.relkind = 'r' AND NOT c.relrowsecurity
    AND NOT c.relforcerowsecurity AND NOT c.relhasrules THEN 'plain' ELSE 'other' END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relname = ANY(%(tables)s)
UNION ALL
SELECT 'index ' || i.relname,
    CASE WHEN x.indisvalid AND x.indisready AND x.indislive THEN 'sound' ELSE 'other' END
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relname = ANY(%(tables)s)
LIMIT %(most)s
"""

_FIND_TRIGGERS: Final = """
SELECT 'trigger ' || t.tgname, t.tgenabled::text
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relname = ANY(%(tables)s) AND NOT t.tgisinternal
UNION ALL
SELECT 'function ' || p.proname, p.prosrc
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = %(schema)s AND p.proname IN ('refuse_change', 'refuse_gap')
LIMIT %(most)s
"""

# The rows in the order of the log, as the audit reads them, and for each a look into the index
# by its own key. LIMIT keeps the look a look: it cannot become a join over the table.
_MISFILED: Final = """
SELECT t.notification_id FROM {entries} AS t
LEFT JOIN LATERAL (
    SELECT i.notification_id AS number FROM {entries} AS i
    WHERE i.originator_id = t.originator_id AND i.originator_version = t.originator_version
    LIMIT 1
) AS filed ON true
WHERE filed.number IS DISTINCT FROM t.notification_id AND t.notification_id >= -9223372036854775808
ORDER BY t.notification_id LIMIT %s
"""

_COUNTS: Final = """
SELECT (SELECT count(recorded_at) FROM {entries} WHERE notification_id >= -9223372036854775808),
    (SELECT count(*) FROM {entries} WHERE originator_id >= '')
"""

_BY_INDEX: Final = "; ".join(
    f"SET LOCAL {name} = {value}"
    for name, value in {
        "enable_seqscan": "off",
        "enable_bitmapscan": "off",
        "enable_sort": "off",
        "enable_indexscan": "on",
        "enable_indexonlyscan": "on",
        "max_parallel_workers_per_gather": "0",
        "jit": "off",
    }.items()
)
"""Whatever the server's own settings are: an index is what is to be looked at."""


def misfiled(connection: Connection[tuple[Any, ...]], entries: str) -> Misfiled:
    """Rows that the index of the keys does not lead to."""
    with connection.transaction():
        connection.execute(_BY_INDEX)
        rows = connection.execute(_MISFILED.format(entries=entries), (MAX_MISFILED,)).fetchall()
        counts = connection.execute(_COUNTS.format(entries=entries)).fetchone()
    assert counts is not None
    return Misfiled(tuple(row[0] - 1 for row in rows), *counts)


def altered(connection: Connection[tuple[Any, ...]], schema: str, quoted: str) -> Altered:
    """What is not as this program makes it."""
    asked = {"schema": schema, "tables": list(_TABLES), "most": MAX_OBJECTS}
    parts: dict[str, str] = dict(connection.execute(_FIND_PARTS, asked).fetchall())
    triggers: dict[str, str] = dict(connection.execute(_FIND_TRIGGERS, asked).fetchall())
    return Altered(
        altered_by_name(_PARTS, parts, ("index ",)),
        altered_by_name({**_TRIGGERS, **_functions(quoted)}, triggers, ("trigger ",)),
    )


def _functions(quoted: str) -> dict[str, str]:
    """What the functions behind the triggers do, by their names."""
    found = {}
    for statement in statements():
        head, _, rest = statement.replace("{schema}", quoted).partition("$$")
        if rest:
            name = head.partition("FUNCTION")[2].partition("(")[0].rpartition(".")[2]
            found[f"function {name}"] = rest.partition("$$")[0]
    return found
