"""Opening, migrating, transactions, and what a user is told when the file cannot be used."""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from store_builders import Clock, begin, child, new_run

from orchestra_cli.errors import StoreError
from orchestra_cli.store import database, problems
from orchestra_cli.store.database import Store, backup, utc_now
from orchestra_cli.store.problems import BrokenStoreError, copies
from orchestra_cli.store.runs import create_run, list_runs

NOW = datetime(2026, 10, 15, tzinfo=UTC)
posix = pytest.mark.skipif(os.name != "posix", reason="modes and limits of POSIX")


def broken_home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    (home / "orchestra.db").write_bytes(b"this is no database at all, but a letter\n" * 200)
    return home


class TestOpen:
    def test_makes_a_home_and_a_file(self, tmp_path: Path) -> None:
        """A first open makes the folder and the file, and a second finds what the first kept."""
        with Store.open(tmp_path / "deep" / "home") as store:
            run = create_run(store, new_run())
        with Store.open(tmp_path / "deep" / "home") as store:
            assert [row.id for row in list_runs(store)] == [run]

    @posix
    def test_is_private(self, tmp_path: Path, store: Store) -> None:
        """The home it makes is 0700, the file and its log 0600."""
        begin(store)
        assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "home").iterdir()}
        assert set(modes.values()) == {0o600}
        assert "orchestra.db-wal" in modes

    @posix
    def test_a_readable_file_is_closed_to_others(self, tmp_path: Path) -> None:
        """A file that others could read is made 0600."""
        Store.open(tmp_path).close()
        (tmp_path / "orchestra.db").chmod(0o644)
        Store.open(tmp_path).close()
        assert stat.S_IMODE((tmp_path / "orchestra.db").stat().st_mode) == 0o600

    def test_survives_power_cuts_and_overwrites(self, store: Store) -> None:
        """The file is in WAL mode, synchronous FULL, and overwrites what is deleted."""
        assert store.rows("PRAGMA journal_mode") == [("wal",)]
        assert store.rows("PRAGMA synchronous") == [(2,)]
        assert store.rows("PRAGMA secure_delete") == [(1,)]

    def test_a_newer_store_is_left_alone(self, tmp_path: Path) -> None:
        """A store that a newer version wrote is refused with the way to upgrade, and not touched."""
        Store.open(tmp_path).close()
        with sqlite3.connect(tmp_path / "orchestra.db") as db:
            db.execute("PRAGMA user_version = 99")
        db.close()
        with pytest.raises(StoreError, match="newer orchestra") as caught:
            Store.open(tmp_path)
        assert "pip install --upgrade" in caught.value.advice
        assert copies(tmp_path) == []

    def test_migrations_run_once_in_order(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """An older store gets the migrations it lacks, and keeps its rows."""
        with Store.open(tmp_path) as store:
            run = create_run(store, new_run())
        more = (*database.MIGRATIONS, ("CREATE TABLE extra (n)", "INSERT INTO extra VALUES (7)"))
        monkeypatch.setattr(database, "MIGRATIONS", more)
        for _ in range(2):
            with Store.open(tmp_path) as store:
                assert store.rows("SELECT n FROM extra") == [(7,)]
                assert [row.id for row in list_runs(store)] == [run]

    def test_a_failed_migration_changes_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A migration that fails half-way leaves the store at the version it had."""
        Store.open(tmp_path).close()
        with monkeypatch.context() as patch:
            patch.setattr(database, "MIGRATIONS", (*database.MIGRATIONS, ("CREATE TABLE extra (n)", "nonsense")))
            with pytest.raises(StoreError, match="does not work"):
                Store.open(tmp_path)
        with Store.open(tmp_path) as store:
            assert store.row("SELECT 1 FROM sqlite_master WHERE name = 'extra'") is None

    def test_twenty_first_runs_at_once(self, tmp_path: Path) -> None:
        """Twenty processes that open a store that is not there yet, and start a run in it, all succeed."""
        script = (
            "import sys; from pathlib import Path\n"
            "from orchestra_cli.store.database import Store\n"
            "from orchestra_cli.store.runs import NewRun, create_run\n"
            "from orchestra_cli.store.lease import take_lease, release\n"
            "print('ready', flush=True); sys.stdin.readline()\n"
            "store = Store.open(Path(sys.argv[1]))\n"
            "run = create_run(store, NewRun('proposal', 'acme', 'tom', '', '{}', '', ''))\n"
            "release(store, take_lease(store, run)); store.close(); print(run)\n"
        )
        workers = [child(script, tmp_path / "home") for _ in range(20)]
        assert {worker.stdout.readline() for worker in workers if worker.stdout} == {"ready\n"}
        for worker in workers:
            assert worker.stdin
            worker.stdin.write("go\n")
            worker.stdin.flush()
        results = [worker.communicate(timeout=100) for worker in workers]
        assert [error for _, error in results if error] == []
        with Store.open(tmp_path / "home") as store:
            assert sorted(row.id for row in list_runs(store)) == sorted(out.strip() for out, _ in results)
            assert len(list_runs(store)) == 20

    def test_a_lean_room(self) -> None:
        """Opening the store and listing runs loads nothing heavy."""
        script = (
            "import sys, orchestra_cli.store.database, orchestra_cli.store.runs, orchestra_cli.store.ledger\n"
            "heavy = 'pydantic httpx keyring rich typer subprocess difflib'.split()\n"
            "print([name for name in heavy if name in sys.modules])\n"
        )
        out, _ = child(script).communicate(timeout=60)
        assert out.strip() == "[]"

    def test_the_clock_is_utc(self, store: Store) -> None:
        """Times are UTC in ISO 8601, and the month is that of UTC."""
        assert store.now() == "2026-10-15T12:00:00.000+00:00"
        assert store.month() == "2026-10"
        assert utc_now().utcoffset() == UTC.utcoffset(None)


class TestTransactions:
    def test_an_error_takes_all_back(self, store: Store) -> None:
        """What a failed transaction wrote is gone, and the next one works."""

        def half() -> None:
            with store.transaction() as db:
                db.execute("INSERT INTO meta VALUES ('a', 'b')")
                raise KeyError("half-way")

        with pytest.raises(KeyError):
            half()
        assert store.row("SELECT 1 FROM meta WHERE name = 'a'") is None
        with store.transaction() as db:
            db.execute("INSERT INTO meta VALUES ('a', 'c')")
        assert store.row("SELECT value FROM meta WHERE name = 'a'") == ("c",)

    def test_what_sqlite_took_back_itself(self, store: Store) -> None:
        """Where SQLite has rolled back by itself, as on a full disk, the cause is still what is told."""

        def full() -> None:
            with store.transaction() as db:
                db.execute("ROLLBACK")
                raise KeyError("the cause")

        with pytest.raises(KeyError, match="the cause"):
            full()
        begin(store)

    def test_threads_take_turns(self, store: Store) -> None:
        """Transactions of several threads do not mix."""

        def add() -> None:
            for _ in range(20):
                with store.transaction() as db:
                    count = int(db.execute("SELECT value FROM meta WHERE name = 'audit_rows'").fetchone()[0])
                    db.execute("UPDATE meta SET value = ? WHERE name = 'audit_rows'", (str(count + 1),))

        threads = [threading.Thread(target=add) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert store.row("SELECT value FROM meta WHERE name = 'audit_rows'") == ("80",)

    def test_a_closed_store_says_so(self, store: Store) -> None:
        """A closed store can be closed again, and refuses to read."""
        store.close()
        store.close()
        with pytest.raises(StoreError, match="does not work"):
            store.rows("SELECT 1")

    def test_another_process_that_does_not_let_go(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        """A lock that is held for longer than we wait is a StoreError that says so."""
        monkeypatch.setattr(database, "BUSY_S", 0.05)
        with Store.open(store.path.parent) as second, store.transaction(), pytest.raises(StoreError) as caught:
            create_run(second, new_run())
        assert "another process that does not let go" in caught.value.message
        assert "stop it" in caught.value.advice

    def test_a_log_in_use_cannot_be_emptied(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        """Compacting says when another process keeps the log from being emptied."""
        begin(store)
        monkeypatch.setattr(database, "BUSY_S", 0.05)
        with Store.open(store.path.parent) as second:
            reader = sqlite3.connect(store.path, isolation_level=None)
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM runs").fetchone()
            with pytest.raises(StoreError, match="in use by another process"):
                second.compact()
            reader.close()
            second.compact()
        assert store.path.with_name("orchestra.db-wal").stat().st_size == 0


class TestWhatIsSaid:
    def test_a_home_below_a_file(self, tmp_path: Path) -> None:
        """A home that cannot be made is named, with the setting that moves it."""
        (tmp_path / "letter.txt").write_text("x")
        with pytest.raises(StoreError, match=r"letter\.txt") as caught:
            Store.open(tmp_path / "letter.txt" / "home")
        assert "ORCHESTRA_HOME" in caught.value.advice

    def test_a_folder_in_the_place_of_the_file(self, tmp_path: Path) -> None:
        """A folder where the file should be is a StoreError, not a crash."""
        (tmp_path / "orchestra.db").mkdir()
        with pytest.raises(StoreError, match="cannot be used"):
            Store.open(tmp_path)

    def test_a_broken_file_is_copied_and_kept(self, tmp_path: Path) -> None:
        """A file that is no database is copied aside once, said, and neither deleted nor replaced by an empty one."""
        home = broken_home(tmp_path)
        before = (home / "orchestra.db").read_bytes()
        for _ in range(3):
            with pytest.raises(BrokenStoreError, match="file is not a database") as caught:
                Store.open(home, Clock())
        assert [path.name for path in copies(home)] == ["orchestra.db.broken-2026-10-15"]
        assert copies(home)[0].read_bytes() == (home / "orchestra.db").read_bytes() == before
        assert "nothing was deleted" in caught.value.message
        assert "orchestra doctor --backup FILE" in caught.value.advice
        assert caught.value.exit == 1

    def test_another_broken_file_is_another_copy(self, tmp_path: Path) -> None:
        """A file that broke in another way on the same day does not replace the first copy."""
        home = broken_home(tmp_path)
        for extra in (b"", b"more"):
            with (home / "orchestra.db").open("ab") as file:
                file.write(extra)
            with pytest.raises(BrokenStoreError):
                Store.open(home, Clock())
        assert len(copies(home)) == 2

    def test_damage_in_the_middle(self, tmp_path: Path, store: Store) -> None:
        """Damage that is met only while reading is told in the same way."""
        begin(store)
        store.close()
        raw = bytearray(store.path.read_bytes())
        raw[4096 * 2 :] = b"\x5a" * (len(raw) - 4096 * 2)
        store.path.write_bytes(raw)
        with pytest.raises(BrokenStoreError, match="malformed"):
            list_runs(Store.open(tmp_path / "home"))

    def test_an_emptied_file_with_a_log(self, tmp_path: Path) -> None:
        """An empty file beside a log that still holds rows is broken: opening it would throw the log away."""
        (tmp_path / "orchestra.db").touch()
        (tmp_path / "orchestra.db-wal").write_bytes(b"rows" * 100)
        with pytest.raises(BrokenStoreError, match="has a log"):
            Store.open(tmp_path, Clock())
        assert (tmp_path / "orchestra.db.broken-2026-10-15-wal").read_bytes() == b"rows" * 100

    def test_no_room_for_the_copy(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A broken file that cannot be copied either is left as it is, and that is said."""

        def full(*words: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(problems.shutil, "copy2", full)
        with pytest.raises(BrokenStoreError, match=r"could not be copied \(No space left"):
            Store.open(broken_home(tmp_path))

    @pytest.mark.parametrize(
        ("code", "words"),
        [
            (sqlite3.SQLITE_FULL, "the disk is full"),
            (sqlite3.SQLITE_IOERR, "the disk is full, or failing"),
            (sqlite3.SQLITE_IOERR_WRITE, "the disk is full, or failing"),
            (sqlite3.SQLITE_READONLY, "read-only"),
            (sqlite3.SQLITE_BUSY, "another process"),
            (sqlite3.SQLITE_CANTOPEN, "cannot be opened"),
        ],
    )
    def test_every_failure_has_words_and_advice(self, code: int, words: str, tmp_path: Path) -> None:
        """What SQLite reports is told in words, with the file and the next thing to do."""
        error = sqlite3.OperationalError("as sqlite says it")
        error.sqlite_errorcode = code
        told = problems.explain(error, tmp_path / "orchestra.db", NOW)
        assert words in told.message
        assert str(tmp_path) in told.message
        assert told.advice

    def test_no_space_for_a_file(self, tmp_path: Path) -> None:
        """A full disk met by the file system is told as one."""
        told = problems.explain_os(OSError(errno.ENOSPC, "No space left on device"), tmp_path)
        assert "No space left" in told.message
        assert "Free some space" in told.advice

    @posix
    @pytest.mark.parametrize("limit", [0, 2048, 60_000])
    def test_a_full_disk(self, tmp_path: Path, limit: int) -> None:
        """Where the file may not grow, the message says so, and what was committed before is there afterwards."""
        with Store.open(tmp_path) as store:
            first = begin(store).run
        script = (
            "import resource, signal, sys; from pathlib import Path\n"
            "from orchestra_cli.errors import StoreError\n"
            "from orchestra_cli.store.database import Store\n"
            "from orchestra_cli.store.runs import NewRun, create_run\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)\n"
            "try:\n"
            "    store = Store.open(Path(sys.argv[1]))\n"
            "    for n in range(1000):\n"
            "        print(create_run(store, NewRun('p', 'c', 'u', '', 'x' * 500 + str(n), '', '')), flush=True)\n"
            "except StoreError as error:\n"
            "    print(error.message, '|', error.advice, file=sys.stderr)\n"
        )
        out, said = child(script, tmp_path, limit).communicate(timeout=60)
        assert "the disk is full" in said
        assert "Free some space" in said
        with Store.open(tmp_path) as store:
            assert {row.id for row in list_runs(store)} == {first, *out.split()}
            assert store.rows("PRAGMA integrity_check") == [("ok",)]
            begin(store)

    @posix
    def test_a_disk_full_from_the_start(self, tmp_path: Path) -> None:
        """A store that cannot even be made says so, and works once there is room."""
        script = (
            "import resource, signal, sys; from pathlib import Path\n"
            "from orchestra_cli.errors import StoreError\n"
            "from orchestra_cli.store.database import Store\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))\n"
            "try:\n"
            "    Store.open(Path(sys.argv[1]))\n"
            "except StoreError as error:\n"
            "    print(error.message)\n"
        )
        out, _ = child(script, tmp_path).communicate(timeout=60)
        assert "the disk is full" in out
        with Store.open(tmp_path) as store:
            begin(store)

    @pytest.mark.parametrize("hold", [("BEGIN EXCLUSIVE",), ("BEGIN", "SELECT * FROM x")])
    def test_a_first_open_that_waits_in_vain(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hold: tuple[str, ...]
    ) -> None:
        """A file that another program holds, to write or to read, is waited for, then told."""
        monkeypatch.setattr(database, "BUSY_S", 0.02)
        holder = sqlite3.connect(tmp_path / "orchestra.db", isolation_level=None)
        holder.execute("CREATE TABLE x (n)")
        for statement in hold:
            holder.execute(statement)
        with pytest.raises(StoreError, match="does not let go"):
            Store.open(tmp_path)
        holder.close()
        Store.open(tmp_path).close()

    def test_a_first_open_that_waits_its_turn(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A file that is let go while we wait is opened."""
        holder = sqlite3.connect(tmp_path / "orchestra.db", isolation_level=None)
        holder.execute("CREATE TABLE x (n)")
        holder.execute("BEGIN")
        holder.execute("SELECT * FROM x")
        waits: list[float] = []

        def let_go(seconds: float) -> None:
            waits.append(seconds)
            holder.close()

        connect = sqlite3.connect
        monkeypatch.setattr(sqlite3, "connect", lambda path, **named: connect(path, **(named | {"timeout": 0})))
        monkeypatch.setattr(database.time, "sleep", let_go)
        with Store.open(tmp_path) as store:
            assert store.rows("PRAGMA journal_mode") == [("wal",)]
        assert len(waits) == 1

    def test_a_file_that_sqlite_cannot_connect_to(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A failure to connect is told like any other."""

        def refuse(*words: object, **named: object) -> None:
            raise sqlite3.OperationalError("unable to open database file")

        monkeypatch.setattr(sqlite3, "connect", refuse)
        with pytest.raises(StoreError, match="unable to open"):
            Store.open(tmp_path)


class TestBackup:
    def test_a_healthy_store_is_copied(self, tmp_path: Path, store: Store) -> None:
        """The backup of a healthy store holds its runs, and the store stays."""
        run = begin(store).run
        assert backup(tmp_path / "home", tmp_path / "saved.db")
        (tmp_path / "other").mkdir()
        (tmp_path / "saved.db").rename(tmp_path / "other" / "orchestra.db")
        with Store.open(tmp_path / "other") as copy:
            assert [row.id for row in list_runs(copy)] == [run]
        assert [row.id for row in list_runs(store)] == [run]

    def test_a_broken_store_is_moved(self, tmp_path: Path) -> None:
        """The backup of a broken store takes it away with its log, so that the next open starts an empty one."""
        home = broken_home(tmp_path)
        before = (home / "orchestra.db").read_bytes()
        (home / "orchestra.db-wal").write_bytes(b"log")
        assert not backup(home, tmp_path / "saved.db")
        assert (tmp_path / "saved.db").read_bytes() == before
        with Store.open(home) as store:
            assert list_runs(store) == []

    def test_nothing_is_overwritten(self, tmp_path: Path, store: Store) -> None:
        """A backup never replaces a file."""
        (tmp_path / "saved.db").write_text("precious")
        with pytest.raises(StoreError, match="not overwritten"):
            backup(tmp_path / "home", tmp_path / "saved.db")
        assert (tmp_path / "saved.db").read_text() == "precious"

    def test_a_place_that_does_not_exist(self, tmp_path: Path, store: Store) -> None:
        """A backup into a folder that is not there is a StoreError."""
        with pytest.raises(StoreError, match="cannot be used"):
            backup(tmp_path / "home", tmp_path / "nowhere" / "saved.db")

    def test_a_copy_that_fails(self, tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        """A copy that SQLite cannot finish is told with the name of the backup."""

        def fail(*words: object) -> None:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error

        monkeypatch.setattr(database, "_copy", fail)
        with pytest.raises(StoreError, match=r"saved\.db.*the disk is full"):
            backup(tmp_path / "home", tmp_path / "saved.db")


def test_a_transaction_inside_another_joins_it(store: Store) -> None:
    """Both are there or neither is: an error after the inner one takes its rows back, too."""
    with store.transaction() as db:
        db.execute("INSERT INTO meta VALUES ('one', '1')")
        with store.transaction() as inner:
            inner.execute("INSERT INTO meta VALUES ('two', '2')")

    def stopped() -> None:
        with store.transaction():
            with store.transaction() as inner:
                inner.execute("INSERT INTO meta VALUES ('three', '3')")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        stopped()
    kept = store.rows("SELECT name FROM meta WHERE name IN ('one', 'two', 'three') ORDER BY name")
    assert kept == [("one",), ("two",)]
