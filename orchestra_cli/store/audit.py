"""What left this computer: for each call when, to whom, which classes of data, under which policy. No content.

Rows are chained: each digest is an HMAC, with the key of the store, over the one before and the row. Changing, taking
out or adding a row is seen by `verify`, unless somebody who has the file recomputes the whole chain with its key.
Clients stand in it as keyed digests, so that erasing a client leaves the chain whole.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import asdict, dataclass, field, replace

from orchestra_cli.store.database import Store


@dataclass(frozen=True)
class AuditEntry:
    """One call as it is audited. `classes` are data classes, `masked` counts by kind; an empty `at` is now.

    `client_digest` is what `client_digest()` gives; a client's plain name is turned into that before it is written.
    """

    run: str
    call: str
    at: str
    provider: str
    vendor: str
    model: str
    region: str
    classes: tuple[str, ...]
    masked: dict[str, int] = field(default_factory=dict)
    policy: str = ""
    client_digest: str = ""
    approved_by: str = ""


def client_digest(store: Store, client: str) -> str:
    """The keyed digest that stands for a client (32 hex digits), "" for none."""
    if not client:
        return ""
    return hmac.new(store.secret(), f"client\0{client}".encode(), hashlib.sha256).hexdigest()[:32]


def record(store: Store, entry: AuditEntry) -> None:
    """Adds one row to the chain."""
    secret = store.secret()
    entry = replace(entry, at=entry.at or store.now(), client_digest=_nameless(store, entry.client_digest))
    body = json.dumps(asdict(entry), sort_keys=True)
    with store.transaction() as db:
        meta = dict(db.execute("SELECT name, value FROM meta WHERE name IN ('audit_rows', 'audit_head')").fetchall())
        count, digest = int(meta["audit_rows"]) + 1, _digest(secret, meta["audit_head"], body)
        db.execute("INSERT INTO audit VALUES (?, ?, ?, ?)", (count, body, digest, entry.client_digest))
        db.execute("UPDATE meta SET value = ? WHERE name = 'audit_rows'", (str(count),))
        db.execute("UPDATE meta SET value = ? WHERE name = 'audit_head'", (digest,))


def _nameless(store: Store, client: str) -> str:
    return client if re.fullmatch("[0-9a-f]{32}", client) else client_digest(store, client)


def entries(store: Store, client: str = "") -> list[AuditEntry]:
    """The audit in order, of all clients or of one (by its name, erased or not)."""
    digest = client_digest(store, client)
    rows = store.rows("SELECT body FROM audit WHERE ?1 = '' OR client = ?1 ORDER BY seq", digest)
    with store.intact():
        loaded = [json.loads(row[0]) for row in rows]
        return [AuditEntry(**{**data, "classes": tuple(data["classes"])}) for data in loaded]


def verify(store: Store) -> list[str]:
    """What is wrong with the chain, one sentence each; empty when every row is the one that was written."""
    secret, head, problems = store.secret(), "", []
    meta: dict[str, str] = dict(store.rows("SELECT name, value FROM meta"))
    rows = store.rows("SELECT seq, body, digest, client FROM audit ORDER BY seq")
    for place, (seq, body, digest, client) in enumerate(rows, 1):
        if seq != place:
            problems.append(f"Audit row {place} is missing: the next one is {seq}.")
            break
        if not hmac.compare_digest(_digest(secret, head, body), digest):
            problems.append(f"Audit row {seq} was changed after it was written, or the row before it was.")
        elif json.loads(body)["client_digest"] != client:
            problems.append(f"Audit row {seq} is filed under another client than the one it was written for.")
        head = digest
    if not problems and (str(len(rows)), head) != (meta["audit_rows"], meta["audit_head"]):
        problems.append(f"The audit ends after row {len(rows)}, but {meta['audit_rows']} rows were written.")
    return problems


def _digest(secret: bytes, head: str, body: str) -> str:
    return hmac.new(secret, f"{head}\n{body}".encode(), hashlib.sha256).hexdigest()
