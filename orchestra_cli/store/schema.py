"""The tables, as migrations in the order they are run. A migration that has been released is never changed.

Money is decimal text in US dollars, times are UTC in ISO 8601, `sha` columns name a text in `blobs`.
Texts of a run stand in `blobs` (within its client) or in tables with a `run` column, so that a client can be erased.
"""

from __future__ import annotations

_FIRST = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    """CREATE TABLE runs (
        seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
        recipe TEXT NOT NULL, client TEXT NOT NULL, user_name TEXT NOT NULL, workspace TEXT NOT NULL,
        world_sha TEXT NOT NULL, twin TEXT NOT NULL, status TEXT NOT NULL, exit INTEGER,
        started TEXT NOT NULL, ended TEXT NOT NULL DEFAULT '', waiting_for TEXT NOT NULL DEFAULT '',
        result_sha TEXT NOT NULL DEFAULT '',
        cost_known TEXT NOT NULL DEFAULT '0', cost_at_most TEXT NOT NULL DEFAULT '0',
        calls INTEGER NOT NULL DEFAULT 0, calls_unknown INTEGER NOT NULL DEFAULT 0,
        counter INTEGER NOT NULL DEFAULT 0, host TEXT, boot_id TEXT, pid INTEGER, pid_started TEXT, beat TEXT)""",
    "CREATE INDEX runs_twin ON runs (twin, user_name)",
    "CREATE INDEX runs_user ON runs (user_name, seq)",
    "CREATE INDEX runs_client ON runs (client)",
    """CREATE TABLE steps (
        seq INTEGER PRIMARY KEY, run TEXT NOT NULL, path TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL,
        epoch INTEGER NOT NULL, kind TEXT NOT NULL, value_sha TEXT NOT NULL, model_asked TEXT NOT NULL,
        model TEXT NOT NULL, provider TEXT NOT NULL, vendor TEXT NOT NULL, usage TEXT NOT NULL, cost_usd TEXT,
        seconds REAL NOT NULL, attempts INTEGER NOT NULL, by_whom TEXT NOT NULL, created TEXT NOT NULL,
        UNIQUE (run, path, key, version))""",
    """CREATE TABLE epochs (
        run TEXT NOT NULL, path TEXT NOT NULL, epoch INTEGER NOT NULL, note TEXT NOT NULL, pin TEXT NOT NULL,
        PRIMARY KEY (run, path, epoch))""",
    """CREATE TABLE calls (
        run TEXT NOT NULL, n INTEGER NOT NULL, path TEXT NOT NULL, key TEXT NOT NULL, attempt INTEGER NOT NULL,
        provider TEXT NOT NULL, model TEXT NOT NULL, client TEXT NOT NULL, client_digest TEXT NOT NULL,
        user_name TEXT NOT NULL, recipe TEXT NOT NULL, month TEXT NOT NULL, reserve_usd TEXT NOT NULL,
        price_known INTEGER NOT NULL, prices TEXT NOT NULL, local INTEGER NOT NULL, state TEXT NOT NULL,
        opened TEXT NOT NULL, closed TEXT NOT NULL DEFAULT '', usage TEXT, cost_usd TEXT,
        model_served TEXT NOT NULL DEFAULT '', error TEXT NOT NULL DEFAULT '', status INTEGER,
        request_id TEXT NOT NULL DEFAULT '', settled TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (run, n))""",
    "CREATE INDEX calls_open ON calls (run, path, key) WHERE state = 'open'",
    "CREATE INDEX calls_month ON calls (month, client)",
    """CREATE TABLE spend (
        month TEXT NOT NULL, scope TEXT NOT NULL, name TEXT NOT NULL, at_most TEXT NOT NULL,
        PRIMARY KEY (month, scope, name)) WITHOUT ROWID""",
    """CREATE TABLE gates (
        seq INTEGER PRIMARY KEY, run TEXT NOT NULL, path TEXT NOT NULL, key TEXT NOT NULL, text_hash TEXT NOT NULL,
        shown_hash TEXT NOT NULL, kind TEXT NOT NULL, by_whom TEXT NOT NULL, at TEXT NOT NULL,
        unattended INTEGER NOT NULL, text_sha TEXT NOT NULL, note TEXT NOT NULL)""",
    "CREATE INDEX gates_run ON gates (run, path)",
    """CREATE TABLE partials (
        seq INTEGER PRIMARY KEY, run TEXT NOT NULL, path TEXT NOT NULL, attempt INTEGER NOT NULL,
        text_sha TEXT NOT NULL, at TEXT NOT NULL)""",
    "CREATE INDEX partials_run ON partials (run, path)",
    """CREATE TABLE events (
        run TEXT NOT NULL, n INTEGER NOT NULL, at TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (run, n))""",
    """CREATE TABLE outcomes (
        seq INTEGER PRIMARY KEY, run TEXT NOT NULL, recipe TEXT NOT NULL, step TEXT NOT NULL, role TEXT NOT NULL,
        model TEXT NOT NULL, outcome TEXT NOT NULL, score REAL, retries INTEGER NOT NULL, cost_usd TEXT,
        seconds REAL NOT NULL, at TEXT NOT NULL)""",
    "CREATE INDEX outcomes_role ON outcomes (role, model)",
    "CREATE TABLE audit (seq INTEGER PRIMARY KEY, body TEXT NOT NULL, digest TEXT NOT NULL, client TEXT NOT NULL)",
    "CREATE INDEX audit_client ON audit (client)",
    "CREATE TABLE blobs (client TEXT NOT NULL, sha TEXT NOT NULL, body BLOB NOT NULL)",
    "CREATE UNIQUE INDEX blobs_address ON blobs (client, sha)",
    "INSERT INTO meta VALUES ('secret', lower(hex(randomblob(32)))), ('audit_rows', '0'), ('audit_head', '')",
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST,)
