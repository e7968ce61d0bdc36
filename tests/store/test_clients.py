"""Client cards: how a page is read, found and made, and how another client's name is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestra_cli.errors import InputError
from orchestra_cli.store.clients import ClientCard, add_client, list_clients, load_client, other_clients_in
from orchestra_cli.store.pages import parse_page

PAGE = """\ufeff# Acme\r
\r
name: Acme Estates Ltd\r
- Aliases: Acme, Acme Group,\r
privacy: Strict\r
may go to: office, anthropic\r
regions: uk\r
contact: Jane Smith <jane@acme.example>\r
site: https://acme.example:8080/x\r
\r
Pays on time: always.\r
"""


def write(workspace: Path, name: str, page: str | None) -> Path:
    folder = workspace / "clients" / name
    folder.mkdir(parents=True)
    if page is not None:
        (folder / "client.md").write_bytes(page.encode())
    return folder


def card(title: str, *aliases: str, name: str = "") -> ClientCard:
    return ClientCard(name or title.lower(), title, aliases, "", (), (), "", "", Path("x"))


# ---- reading ----


def test_a_card_is_read_from_its_lines_and_notes(tmp_path: Path) -> None:
    """BOM, CRLF, a heading, list marks and capitals do not matter; other lines are kept; notes stay notes."""
    folder = write(tmp_path, "acme", PAGE)
    read = load_client(tmp_path, "acme")
    assert (read.name, read.title, read.aliases) == ("acme", "Acme Estates Ltd", ("Acme", "Acme Group"))
    assert (read.privacy, read.allow, read.regions) == ("strict", ("office", "anthropic"), ("uk",))
    assert read.contact == "Jane Smith <jane@acme.example>"
    assert read.fields["site"] == "https://acme.example:8080/x"
    assert read.notes == "Pays on time: always."
    assert "Pays on time" in read.text
    assert read.folder == folder


@pytest.mark.parametrize("name", ["Acme", "ACME", "acme estates ltd", "Acme Group"])
def test_a_client_is_found_by_folder_title_or_alias(tmp_path: Path, name: str) -> None:
    """In any case."""
    write(tmp_path, "acme", PAGE)
    write(tmp_path, "north", "name: North Ltd\n")
    assert load_client(tmp_path, name).name == "acme"


def test_a_folder_without_a_page_is_a_client_too(tmp_path: Path) -> None:
    """Its name is all that is known; hidden folders and files are none."""
    write(tmp_path, "beta", None)
    write(tmp_path, ".git", None)
    write(tmp_path, "alpha", "Just notes about them.\n")
    (tmp_path / "clients" / "readme.txt").write_text("x")
    assert [(c.name, c.title, c.notes) for c in list_clients(tmp_path)] == [
        ("alpha", "alpha", "Just notes about them."),
        ("beta", "beta", ""),
    ]


def test_an_unknown_client_is_refused_with_near_names(tmp_path: Path) -> None:
    """Near ones if there are, else what there is; and how to add it."""
    with pytest.raises(InputError, match="no clients yet"):
        load_client(tmp_path, "acme")
    write(tmp_path, "acme", PAGE)
    write(tmp_path, "north", None)
    with pytest.raises(InputError, match=r'no client "acmee"\. Did you mean acme\?') as caught:
        load_client(tmp_path, "acmee")
    assert caught.value.advice == "Type acme instead, or for a new client: orchestra clients add acmee"
    with pytest.raises(InputError, match="There are: acme, north") as caught:
        load_client(tmp_path, "../..")
    assert caught.value.advice == "orchestra clients add NAME"


def test_a_name_that_two_clients_share_is_refused(tmp_path: Path) -> None:
    """Both folders are named; the folder's own name stays clear."""
    write(tmp_path, "a", "name: Acme\n")
    write(tmp_path, "b", "name: Beta\naliases: Acme\n")
    with pytest.raises(InputError, match="fits a, b"):
        load_client(tmp_path, "Acme")
    assert load_client(tmp_path, "b").title == "Beta"


@pytest.mark.parametrize(
    ("page", "why"),
    [
        ("name: A\nprivcy: strict\n", r'client\.md:2: unknown setting "privcy"\. Did you mean "privacy"'),
        ("name: A\nname: B\n", r"client\.md:2: .*second time"),
        ("name: A\nno setting at all\n", r'client\.md:2: .*no "name: value" line'),
        ("name: A\nprivacy: lax\n", "use strict, standard or off"),
        ("name: A\n\udcff", "cannot be read"),
    ],
)
def test_a_mistyped_page_is_refused_with_file_and_line(tmp_path: Path, page: str, why: str) -> None:
    """A privacy line that is overlooked would be worse than an error."""
    folder = write(tmp_path, "a", None)
    (folder / "client.md").write_bytes(page.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=why):
        load_client(tmp_path, "a")


@given(st.text(max_size=80))
def test_any_page_is_read_or_refused(text: str) -> None:
    """Never another error than InputError."""
    try:
        page = parse_page(text, "client.md", ("name",))
    except InputError:
        return
    assert page.text == text


# ---- making ----


def test_adding_makes_a_page_that_can_be_read(tmp_path: Path) -> None:
    """The folder is a plain name, the title what was typed; the page names the settings."""
    made = add_client(tmp_path, "Marks & Sons' Estates Ltd")
    assert (made.name, made.title) == ("marks-and-sons-estates-ltd", "Marks & Sons' Estates Ltd")
    assert load_client(tmp_path, made.name) == made
    assert add_client(tmp_path, "acme").title == "Acme"
    assert add_client(tmp_path, "beta", "Beta Homes").title == "Beta Homes"


@pytest.mark.parametrize("name", ["", "../..", "CON", "lpt1", "日本"])
def test_what_cannot_be_a_folder_is_refused(tmp_path: Path, name: str) -> None:
    """Also on Windows."""
    with pytest.raises(InputError, match="cannot be a folder name"):
        add_client(tmp_path, name)


def test_adding_twice_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    """The page may hold a year of notes."""
    write(tmp_path, "acme", PAGE)
    with pytest.raises(InputError, match="exists already"):
        add_client(tmp_path, "Acme")
    assert load_client(tmp_path, "acme").privacy == "strict"


def test_a_workspace_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "clients").write_text("x")
    with pytest.raises(InputError, match="cannot be made"):
        add_client(tmp_path, "acme")


# ---- other clients ----

ACME = card("Acme Estates Ltd", "Acme")
APEX = card("Apex", "Apex Roofing")
NEXT = card("Next")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We did this for Apex Roofing last year.", "Apex Roofing"),
        ("we did this for APEX  ROOFING", "APEX  ROOFING"),
        ("We did this for Apex's manager", "Apex"),
        ("the apex of the roof", ""),
        ("Apexes and Apex1", ""),
        ("Acme Estates", ""),
    ],
)
def test_whole_names_of_other_clients_are_found(text: str, found: str) -> None:
    """Several words in any case, a short word only as the card writes it, never within another word."""
    assert [words for _, words in other_clients_in(text, [ACME, APEX], ACME)] == ([found] if found else [])


def test_a_name_that_is_an_ordinary_word_counts_only_where_it_is_a_name() -> None:
    """Next at the start of a sentence is no client while the text says "next" elsewhere."""
    assert other_clients_in("Next we paint.\n- Next, the next floor.", [NEXT], None) == []
    assert other_clients_in("Our work for Next and the next floor.", [NEXT], None) == [(NEXT, "Next")]
    assert other_clients_in("Next signed the lease.", [NEXT], None) == [(NEXT, "Next")]


def test_the_own_clients_name_never_counts() -> None:
    """Nor does another's name within it; a longer name of another does."""
    london = card("Acme Estates London", name="london")
    holdings = card("Acme Holdings", "Acme", name="holdings")
    assert other_clients_in("Acme Estates London pays.", [ACME, london], london) == []
    assert other_clients_in("Acme pays.", [ACME, holdings], ACME) == []
    assert other_clients_in("Acme Holdings pays.", [ACME, holdings], ACME) == [(holdings, "Acme Holdings")]


def test_legal_endings_ampersands_and_quotes_do_not_hide_a_name() -> None:
    """As people write them."""
    marks = card("Marks & Son’s Ltd", name="m")
    assert other_clients_in("for marks and son's today", [marks], None) == [(marks, "marks and son's")]
    assert other_clients_in("Northgateway is big; NORTHGATE too", [card("Northgate")], None)[0][1] == "NORTHGATE"


@given(st.text(max_size=60), st.text(min_size=1, max_size=20))
def test_any_name_and_text_can_be_compared(text: str, name: str) -> None:
    """Names with brackets, signs or blanks are no patterns."""
    for _, words in other_clients_in(text, [card(name, name="x")], None):
        assert words in text
