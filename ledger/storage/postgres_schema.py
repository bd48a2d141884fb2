"""The tables of a PostgreSQL store, and the triggers that keep them append-only.

Everything of a node lives in one schema. ``{schema}`` stands for its quoted name. There
is no sequence for entries: ids are leaf index + 1 and are given under the append lock. Keys are
compared by bytes (collation "C"). The triggers fire ALWAYS, also for a session that
plays replica; whoever owns the schema can drop them, which is what signatures, chain,
tree and witnesses are for.
"""

from __future__ import annotations

SCHEMA_VERSION = 2

_TABLES = (
    """
    CREATE TABLE {schema}.entries (
        notification_id bigint PRIMARY KEY,
        kind text COLLATE "C" GENERATED ALWAYS AS (split_part(originator_id, '/', 1)) STORED,
        originator_id text COLLATE "C" NOT NULL,
        originator_version bigint NOT NULL,
        topic text NOT NULL,
        state bytea NOT NULL,
        recorded_at bigint NOT NULL,
        keyid bytea NOT NULL,
        signature bytea NOT NULL,
        details bytea,
        UNIQUE (originator_id, originator_version) INCLUDE (notification_id)
    )
    """,
    """
    CREATE INDEX entries_governance ON {schema}.entries (notification_id)
    WHERE kind IN ('node', 'organisation') AND topic <> 'HeadsCommitted:1'
    """,
    """
    CREATE TABLE {schema}.manifests (
        digest text COLLATE "C" PRIMARY KEY,
        envelope bytea NOT NULL
    )
    """,
    """
    CREATE TABLE {schema}.tiles (
        level integer NOT NULL,
        number bigint NOT NULL,
        root bytea NOT NULL,
        hashes bytea STORAGE EXTERNAL NOT NULL,
        PRIMARY KEY (level, number)
    )
    """,
    """
    CREATE TABLE {schema}.notes (
        number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        kind text COLLATE "C" NOT NULL,
        origin text COLLATE "C" NOT NULL,
        size bigint NOT NULL,
        digest text COLLATE "C" NOT NULL,
        body bytea NOT NULL,
        UNIQUE (kind, origin, size, digest)
    )
    """,
    """
    CREATE TABLE {schema}.tracking (
        application_name text PRIMARY KEY,
        notification_id bigint NOT NULL
    )
    """,
    """
    CREATE TABLE {schema}.store_info (
        one integer PRIMARY KEY CHECK (one = 1),
        schema_version integer NOT NULL,
        store_id uuid NOT NULL,
        node text NOT NULL
    )
    """,
)

_FUNCTIONS = (
    """
    CREATE FUNCTION {schema}.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    # The transition table holds the rows of one INSERT or COPY: one look for all of them.
    """
    CREATE FUNCTION {schema}.refuse_gap() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        low bigint;
        high bigint;
        found bigint;
    BEGIN
        SELECT min(notification_id), max(notification_id), count(*)
            INTO low, high, found FROM added;
        IF found > 0 AND (
            high - low + 1 <> found
            OR low < 1
            OR EXISTS (SELECT 1 FROM {schema}.entries WHERE notification_id > high)
            OR (low > 1 AND NOT EXISTS (
                SELECT 1 FROM {schema}.entries WHERE notification_id = low - 1))
        ) THEN
            RAISE EXCEPTION 'entries is append-only: the rows are not the next ones'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NULL;
    END $$
    """,
)

_NO_CHANGE = """
CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {{schema}}.{table}
FOR EACH STATEMENT EXECUTE FUNCTION {{schema}}.refuse_change()
"""

_CONTIGUOUS = """
CREATE TRIGGER entries_contiguous AFTER INSERT ON {schema}.entries
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_gap()
"""

_ALWAYS = "ALTER TABLE {{schema}}.{table} ENABLE ALWAYS TRIGGER {trigger}"

_KEPT = ("entries", "manifests", "tiles", "notes", "store_info")


def statements() -> list[str]:
    """What makes an empty schema a store, in order; ``{schema}`` is still to be filled in."""
    return [
        *_TABLES,
        *_FUNCTIONS,
        *(_NO_CHANGE.format(table=table) for table in _KEPT),
        *(_ALWAYS.format(table=table, trigger=f"{table}_no_change") for table in _KEPT),
        _CONTIGUOUS,
        _ALWAYS.format(table="entries", trigger="entries_contiguous"),
    ]
