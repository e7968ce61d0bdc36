"""What bad input gets: a message that says what happened, where, and what to type; the exit code; nothing is sent."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from e2e_support import Desk, clean
from support.vendor import FakeVendor
from support.wire import Reply

HEADING = "item,description,unit,quantity\n"


@dataclass(frozen=True)
class Bad:
    """What is done to the workspace, what is typed, and what the message must hold: (first line, all of it)."""

    prepare: Callable[[Desk], object]
    words: tuple[str, ...]
    first: tuple[str, ...]
    advice: tuple[str, ...] = ()
    exit: int = 2


def nothing(desk: Desk) -> None:
    """The workspace stays as it is."""


def xlsx_without_value(desk: Desk) -> None:
    """A take-off whose quantity is a formula that no program has computed yet."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Qty"
    for row in (("item", "description", "unit", "quantity"), ("1", "Brickwork", "m2", "=2*3")):
        sheet.append(row)
    book.save(desk.folder / "formula.xlsx")


def scanned(desk: Desk) -> None:
    """A PDF of one page that holds no text."""
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.write(desk.folder / "scan.pdf")


def five_errors(desk: Desk) -> None:
    """A recipe with five mistakes."""
    desk.write(
        "recipes/wrong.md",
        "---\nrecipe: wrong\ninputs:\n  topic: documnt\n---\nPlain.\n\n# Step: one\nrole: wrote\nreads: topick\n"
        "modle: openai/gpt-5\n\nWrite {nobody}.\n",
    )


def other_client(desk: Desk) -> None:
    """A card of another client, whose name stands in the file that is given."""
    for name, title in (("acme", "Acme Ltd"), ("north", "Northgate Dental")):
        desk.write(f"clients/{name}/client.md", f"name: {title}\n\nA client.\n")
    desk.write("brief.txt", "Northgate Dental asks for a new floor. The floor must be laid by May.\n")


def acme(desk: Desk) -> None:
    """One client card."""
    desk.write("clients/acme/client.md", "name: Acme Ltd\n\nA client.\n")


def bid(desk: Desk) -> None:
    """What a bid needs besides its take-off."""
    acme(desk)
    desk.write("b.txt", "A tender.")
    desk.write("orchestra.toml", "[pricing]\noverhead = 12\nprofit = 8\ntax = 20\n")


def zip_named_docx(desk: Desk) -> None:
    """A file that is called .docx and is none."""
    with zipfile.ZipFile(desk.folder / "odd.docx", "w") as packed:
        packed.writestr("readme.txt", "nothing")


RUN = ("run", "note")
BID = ("proposal", "--client", "acme")
CASES = {
    "missing file": Bad(nothing, (*RUN, "topik.txt"), ("topik.txt", "Did you mean topic.txt?")),
    "empty file": Bad(lambda desk: desk.write("empty.txt", ""), (*RUN, "empty.txt"), ("empty.txt", "empty")),
    "scan": Bad(scanned, (*RUN, "scan.pdf"), ("scan.pdf", "text")),
    "another client": Bad(
        other_client, (*RUN, "brief.txt", "--client", "acme"), ("brief.txt", "Northgate Dental"), ("--client north",)
    ),
    "output exists": Bad(
        lambda desk: desk.write("out.docx", "x"),
        (*RUN, "topic.txt", "-o", "out.docx"),
        ("out.docx", "exists"),
        ("--force",),
    ),
    "output open": Bad(
        lambda desk: desk.write(".~lock.out.docx#", "x"), (*RUN, "topic.txt", "-o", "out.docx"), ("out.docx", "open")
    ),
    "output without folder": Bad(nothing, (*RUN, "topic.txt", "-o", "nowhere/out.docx"), ("nowhere",), ("mkdir",)),
    "output of unknown kind": Bad(nothing, (*RUN, "topic.txt", "-o", "out.xyz"), (".xyz",)),
    "unknown columns": Bad(
        lambda desk: (
            acme(desk),
            desk.write("take.csv", "Pos;Was;Wieviel\n1;Mauer;3\n"),
            desk.write("b.txt", "A tender."),
        ),
        (*BID, "--brief", "b.txt", "--takeoff", "take.csv"),
        ("take.csv",),
        ("Wieviel",),
    ),
    "unknown client": Bad(acme, (*RUN, "topic.txt", "--client", "acne"), ("acne", "Did you mean acme?")),
    "no workspace": Bad(
        lambda desk: (desk.folder / "orchestra.toml").unlink(), ("proposal", "--client", "acme"), ("workspace",)
    ),
    "five errors": Bad(
        five_errors,
        ("run", "wrong", "topic.txt"),
        ("5 mistakes",),
        ("wrong.md:4:", "documnt", "wrong.md:9:", "wrote", "topick", 'did you mean "model"', "nobody"),
    ),
    "broken document": Bad(zip_named_docx, (*RUN, "odd.docx"), ("odd.docx",)),
    "old excel": Bad(
        lambda desk: (desk.folder / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
        (*RUN, "old.xls"),
        ("old.xls",),
        (".xlsx",),
    ),
    "a broken setting": Bad(
        lambda desk: desk.write("orchestra.toml", "budget_usd = { run = \n"), (*RUN, "topic.txt"), ("orchestra.toml",)
    ),
    "budget in pounds": Bad(nothing, (*RUN, "topic.txt", "--budget", "£3"), ("--budget", "3.00")),
    "unknown option": Bad(nothing, (*RUN, "topic.txt", "--clint", "acme"), ("--clint",)),
    "option before the command": Bad(nothing, ("--json", "note"), ("--json goes after the command",)),
    "unknown command": Bad(nothing, ("propsal",), ("propsal", "Did you mean proposal")),
    "unknown run": Bad(nothing, ("resume", "zzzz"), ("zzzz",)),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_bad_input_is_told(desk: Desk, vendor: FakeVendor, name: str) -> None:
    """The first line alone says what happened and where; nothing is sent; no run is left behind."""
    case = CASES[name]
    case.prepare(desk)
    ended = desk.run(*case.words, *(() if name in ("unknown run", "unknown command") else ("--no-input",)))
    assert "inside Orchestra" not in ended.err
    assert "Traceback" not in ended.err
    assert ended.exit == case.exit, ended.err
    lines = ended.err.splitlines()
    assert any(all(words in line for words in case.first) for line in lines), ended.err
    for words in case.advice:
        assert words in ended.err
    assert not vendor.seen
    assert not desk.runs()
    if "--json" not in case.words:
        assert ended.out == ""


def test_a_formula_without_value_is_named_with_its_cell(desk: Desk, vendor: FakeVendor) -> None:
    """The row is not taken as 0: with no other the run stops before it is paid, naming sheet, cell and what to do."""
    bid(desk)
    xlsx_without_value(desk)
    ended = desk.run(*BID, "--brief", "b.txt", "--takeoff", "formula.xlsx", "--estimate", "--json")
    assert (ended.exit, ended.json["error"]["code"]) == (2, "input")
    said = ended.json["error"]["message"].splitlines()
    assert said[0].startswith("Not one line of the take-off has a price.")
    assert any('sheet "Qty": cell D2' in line and "save it" in line for line in said)
    assert not vendor.seen


def test_another_encoding_is_read(desk: Desk, vendor: FakeVendor) -> None:
    """A Windows text with pounds and umlauts is no reason to stop; the words arrive as they were meant."""
    (desk.folder / "win.txt").write_bytes("The M\u00fcller roof costs \u00a3300 to mend.\n".encode("cp1252"))
    assert desk.run("run", "note", "win.txt", "--no-input").exit == 0
    assert "The M\u00fcller roof costs \u00a3300" in vendor.asked[0].text


def test_no_network(desk: Desk, vendor: FakeVendor) -> None:
    """Nobody listens at the vendor's address: exit 1, the address is named, the way on is the last line."""
    ended = desk.run("run", "note", "topic.txt", "--no-input", env={"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"})
    assert (ended.exit, ended.out) == (1, "")
    assert "openai" in ended.err
    assert ended.last == f"orchestra resume {desk.runs()[0]}"
    assert desk.run(*ended.last.split()[1:], "--no-input").exit == 0


def test_an_unreadable_home(desk: Desk) -> None:
    """A home that is a file: what, where, and the variable to set."""
    desk.home.write_text("x", encoding="utf-8")
    ended = desk.run("run", "note", "topic.txt", "--no-input")
    assert (ended.exit, ended.out) == (1, "")
    assert str(desk.home) in ended.err
    assert "ORCHESTRA_HOME" in ended.err


def test_a_broken_database_is_kept_aside(desk: Desk) -> None:
    """A damaged store is said, copied, and never deleted."""
    desk.home.mkdir(mode=0o700)
    (desk.home / "orchestra.db").write_bytes(b"this is no database" * 400)
    ended = desk.run("run", "note", "topic.txt", "--no-input")
    assert (ended.exit, ended.out) == (1, "")
    assert "broken" in ended.err
    assert list(desk.home.glob("orchestra.db.broken-*"))
    assert (desk.home / "orchestra.db").exists()


def test_another_clients_name_in_the_answer_withholds_the_file(desk: Desk, vendor: FakeVendor) -> None:
    """Exit 5 and no file at all: the name must not reach the reader."""
    other_client(desk)
    vendor.answer = lambda asked: (
        clean(asked) if asked.wants_schema else Reply("We did the same for Northgate Dental, and the roof is dry now.")
    )
    ended = desk.run("run", "note", "topic.txt", "--client", "acme", "--no-input", "-o", "out.docx", "--json")
    assert ended.exit == 5
    assert ended.json["deliverables"] == []
    assert ended.json["document"] == ""
    assert not list(desk.folder.glob("out*"))


LOCAL = """
import socket, sys
real = socket.socket.connect
def refuse(self, address):
    if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1"):
        print("CONNECTED TO", address, file=sys.stderr)
        raise SystemExit(99)
    return real(self, address)
socket.socket.connect = refuse
socket.socket.connect_ex = refuse
known = socket.getaddrinfo
def resolve(host, *a, **k):
    if host not in ("localhost", "127.0.0.1", "::1"):
        print("LOOKED UP", host, file=sys.stderr)
        raise SystemExit(99)
    return known(host, *a, **k)
socket.getaddrinfo = resolve
from orchestra_cli.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


def test_local_opens_no_socket_to_another_machine(desk: Desk, vendor: FakeVendor) -> None:
    """--local: a server on this computer plays, real keys of vendors notwithstanding; nothing else is looked up."""
    import subprocess
    import sys

    desk.write(
        "orchestra.toml",
        f'[providers.office]\nbase_url = "{vendor.url}/v1"\ndialect = "openai-chat"\nregion = "computer"\n'
        '[roles]\nwrite = ["office/gpt-5"]\nextract = ["office/gpt-5"]\n',
    )
    keys = {"OPENAI_API_KEY": "sk-1", "ANTHROPIC_API_KEY": "sk-2", "GEMINI_API_KEY": "k-3"}
    environment = {name: text for name, text in desk.environment(**keys).items() if not name.endswith("_BASE_URL")}
    words = ("run", "note", "topic.txt", "--no-input", "--json", "--local")
    done = subprocess.run(
        [sys.executable, "-c", LOCAL, *words],
        cwd=desk.folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )
    assert done.returncode == 0, done.stderr
    assert "CONNECTED TO" not in done.stderr
    assert "LOOKED UP" not in done.stderr
    assert '"provider": "office"' in done.stdout
    assert '"cost_usd": "0"' in done.stdout


def test_bad_files_beside_good_ones_are_named(desk: Desk, tmp_path: Path) -> None:
    """A file of the workspace that cannot be read is left out and said, never silently."""
    acme(desk)
    desk.write("clients/acme/tender.txt", "The contractor shall mend the roof by 1 May 2027.\n")
    (desk.folder / "clients/acme/empty.pdf").write_bytes(b"")
    ended = desk.run("run", "note", "--client", "acme", "--no-input")
    assert ended.exit in (0, 2)
    assert "empty.pdf" in ended.err
