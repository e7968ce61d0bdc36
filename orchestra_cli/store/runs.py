"""The runs: making, finding, listing, ending. What a run will ever read is frozen in its world."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from orchestra_cli.errors import InputError, StoreError
from orchestra_cli.store.blobs import get_text, put_text
from orchestra_cli.store.database import Row, Store
from orchestra_cli.store.lease import Lease, holds, writing

STATUSES = ("running", "done", "flawed", "failed", "refused", "no_model", "budget", "waiting", "interrupted")
RESUMABLE = ("waiting", "interrupted", "failed", "no_model", "budget")
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_RUNS = (
    "SELECT id, recipe, client, user_name, status, exit, started, ended, workspace, twin, waiting_for, cost_known, "
    "calls_unknown, host, boot_id, pid, pid_started, beat, result_sha FROM runs"
)


@dataclass(frozen=True, slots=True)
class NewRun:
    """What a run starts with. `world` is JSON; `twin` is the hash of recipe, client, period and inputs."""

    recipe: str
    client: str
    user: str
    workspace: str
    world: str
    twin: str
    started: str


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run as it stands. `status` "running" means that its owner lives; `cost_usd` is None while any cost is
    unknown; `result` (JSON) is "" until the run ended, and in lists."""

    id: str
    recipe: str
    client: str
    user: str
    status: str
    exit: int | None
    started: str
    ended: str
    workspace: str
    twin: str
    waiting_for: str
    cost_usd: Decimal | None
    result: str = ""


def create_run(store: Store, new: NewRun) -> str:
    """Keeps a new run and gives its id: four letters and digits such as "7k2f", more on a clash."""
    with store.transaction() as db:
        world_sha = put_text(db, new.client, new.world)
        run = _free_id(store)
        db.execute(
            "INSERT INTO runs (id, recipe, client, user_name, workspace, world_sha, twin, status, started) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, 'running', ?)",
            (run, new.recipe, new.client, new.user, new.workspace, world_sha, new.twin, new.started or store.now()),
        )
    return run


def _free_id(store: Store) -> str:
    import secrets

    run = "".join(secrets.choice(_LETTERS) for _ in range(4))
    # A run erased with its client is still named in the ledger and the audit: its id is not given again.
    while run.isdecimal() or store.row(
        "SELECT 1 FROM runs WHERE id = ?1 UNION ALL SELECT 1 FROM calls WHERE run = ?1 LIMIT 1", run
    ):
        run += secrets.choice(_LETTERS)
    return run


def find_run(store: Store, ref: str, user: str) -> RunRow:
    """The run named by its id, the unique beginning of an id, or "last" (this user's latest, in any workspace).

    Raises InputError with the candidates, or with ids that look alike.
    """
    wanted = ref.strip().lower()
    if wanted == "last":
        return _last(store, user)
    ids = [row[0] for row in store.rows("SELECT id FROM runs WHERE id >= ? AND id < ? LIMIT 50", wanted, wanted + "~")]
    if wanted in ids or len(ids) == 1:
        return _whole(store, wanted if wanted in ids else ids[0])
    if ids and wanted:
        some = ", ".join(ids[:8])
        raise InputError(f'Several runs begin with "{ref}": {some}.', "Type more of the id, or: orchestra runs list")
    raise InputError(f'There is no run "{ref}".{_near(store, wanted)}', "orchestra runs list  shows the runs.")


def _last(store: Store, user: str) -> RunRow:
    row = store.row("SELECT id FROM runs WHERE user_name = ? ORDER BY seq DESC LIMIT 1", user)
    if row is None:
        raise InputError(f"{user or 'This user'} has no run yet.", "orchestra --help  shows how to start one.")
    return _whole(store, row[0])


def _near(store: Store, wanted: str) -> str:
    import difflib

    ids = [row[0] for row in store.rows("SELECT id FROM runs ORDER BY seq DESC LIMIT 1000")]
    near = difflib.get_close_matches(wanted, ids, 3, 0.5)
    return f" Did you mean {' or '.join(near)}?" if near else ""


def find_twin(store: Store, twin: str, user: str) -> RunRow | None:
    """This user's latest run of the same recipe, client, period and inputs."""
    row = store.row("SELECT id FROM runs WHERE twin = ? AND user_name = ? ORDER BY seq DESC LIMIT 1", twin, user)
    return None if row is None else _whole(store, row[0])


def list_runs(
    store: Store, *, status: str = "", recipe: str = "", client: str = "", limit: int | None = None
) -> list[RunRow]:
    """Runs, latest first, without their results. `status` is one of STATUSES as a reader sees it."""
    stored = ("running", "interrupted") if status in ("running", "interrupted") else (status,)
    # Whether a run is interrupted is known only after its owner was looked for, so the limit comes last then.
    cut = -1 if limit is None or len(stored) == 2 else limit
    rows = store.rows(
        f"{_RUNS} WHERE (?1 = '' OR status IN (?1, ?2)) AND (?3 = '' OR recipe = ?3) AND (?4 = '' OR client = ?4) "
        "ORDER BY seq DESC LIMIT ?5",
        *(stored[0], stored[-1], recipe, client, cut),
    )
    with store.intact():
        found = [_row(store, columns) for columns in rows]
    return [row for row in found if status in ("", row.status)][:limit]


def waiting_runs(store: Store, user: str) -> list[RunRow]:
    """This user's runs that can be resumed, latest first, without their results."""
    rows = store.rows(
        f"{_RUNS} WHERE user_name = ? AND status NOT IN ('done', 'flawed', 'refused') ORDER BY seq DESC", user
    )
    with store.intact():
        found = [_row(store, columns) for columns in rows]
    return [row for row in found if row.status in RESUMABLE]


def world(store: Store, run_id: str) -> str:
    """The frozen world of a run (JSON). Raises StoreError when there is no such run."""
    row = store.row("SELECT client, world_sha FROM runs WHERE id = ?", run_id)
    if row is None:
        raise StoreError(f'There is no run "{run_id}".', "orchestra runs list  shows the runs.")
    return get_text(store, row[0], row[1])


def restart_run(store: Store, lease: Lease) -> None:
    """Says that a run goes on: "running", with no end, exit or wait; its last result stays until the next."""
    with writing(store, lease) as db:
        db.execute(
            "UPDATE runs SET status = 'running', exit = NULL, ended = '', waiting_for = '' WHERE id = ?", (lease.run,)
        )


def end_run(
    store: Store,
    lease: Lease,
    status: str,
    exit: int,  # noqa: A002
    result_json: str,
    waiting_for: str = "",
) -> None:
    """Keeps how a run ended. `status` is one of STATUSES, `waiting_for` JSON or "". Does not release the lease."""
    if status not in STATUSES:
        raise ValueError(f'"{status}" is no status of a run')
    with writing(store, lease) as db:
        client = db.execute("SELECT client FROM runs WHERE id = ?", (lease.run,)).fetchone()[0]
        result_sha = put_text(db, client, result_json) if result_json else ""
        db.execute(
            "UPDATE runs SET status = ?, exit = ?, ended = ?, result_sha = ?, waiting_for = ? WHERE id = ?",
            (status, exit, store.now(), result_sha, waiting_for, lease.run),
        )


def _whole(store: Store, run: str) -> RunRow:
    columns = store.rows(f"{_RUNS} WHERE id = ?", run)[0]
    result = get_text(store, columns[2], columns[-1])
    with store.intact():
        return _row(store, columns, result)


def _row(store: Store, columns: Row, result: str = "") -> RunRow:
    status, known, unknown = columns[4], columns[11], columns[12]
    if status == "running" and not holds(store, columns[13:18]):
        status = "interrupted"
    cost = None if unknown else Decimal(known)
    return RunRow(*(*columns[:4], status, *columns[5:11], cost, result))
