"""Texts, addressed by their SHA-256 within one client, so that erasing a client erases its texts and no other's.

For rows of other tables; a text without a client stands under the client "".
"""

from __future__ import annotations

import hashlib
import sqlite3

from orchestra_cli.errors import StoreError
from orchestra_cli.store.database import Store


def put_text(db: sqlite3.Connection, client: str, text: str) -> str:
    """Keeps a text inside the running transaction and gives its address (hex); the same text is kept once a client."""
    body = encode(text)
    sha = hashlib.sha256(body).hexdigest()
    db.execute("INSERT OR IGNORE INTO blobs VALUES (?, ?, ?)", (client, sha, body))
    return sha


def get_text(store: Store, client: str, sha: str) -> str:
    """The text at an address, "" for the address "". Raises StoreError when it is missing or was changed."""
    if not sha:
        return ""
    found = store.row("SELECT body FROM blobs WHERE client = ? AND sha = ?", client, sha)
    if found is None:
        raise StoreError(
            f"A text of the run is missing in {store.path} ({sha[:12]}).", "orchestra doctor  checks the store."
        )
    with store.intact():
        if hashlib.sha256(found[0]).hexdigest() != sha:
            raise ValueError(f"text {sha[:12]} is not what was kept")
    return decode(found[0])


def encode(text: str) -> bytes:
    """UTF-8 that also takes what models may send: half of a surrogate pair."""
    return text.encode("utf-8", "surrogatepass")


def decode(body: bytes) -> str:
    """The inverse of `encode`."""
    return body.decode("utf-8", "surrogatepass")
