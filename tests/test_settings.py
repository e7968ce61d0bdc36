"""orchestra.toml of machine, user and workspace; what is locked; where things live; budgets that only get lower."""

from __future__ import annotations

import os
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from orchestra_cli import settings
from orchestra_cli.errors import InputError, StoreError
from orchestra_cli.settings import find_workspace, load


@pytest.fixture
def desk(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace; the machine's file lies in the test's folder."""
    monkeypatch.setattr(settings, "machine_file", lambda: tmp_path / "machine.toml")
    folder = tmp_path / "firm"
    (folder / "clients").mkdir(parents=True)
    return folder


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_nothing_written_gives_plain_defaults(desk: Path) -> None:
    """British English, pounds, standard privacy, no cap, nothing from anywhere."""
    found = load(desk)
    assert (found.currency, found.language, found.country, found.privacy) == ("GBP", "en-GB", "GB", "standard")
    assert (found.budget_usd, found.origin, found.roles) == ({}, {}, {})


def test_later_files_win_and_sections_are_joined(desk: Path, home: Path, tmp_path: Path) -> None:
    """Machine, user, workspace: the last word on a key holds, sections are joined, and each origin is known."""
    write(tmp_path / "machine.toml", 'company = "Big"\n[pricing]\noverhead = 12\ntax = 20\n')
    write(home / "orchestra.toml", 'company = "Mine"\n[roles]\nwrite = "openai/gpt-5.2"\n')
    write(
        desk / "orchestra.toml",
        '[pricing]\noverhead = 9\n[roles]\nreview = ["a/b", "c/d"]\n[layouts.takeoff]\nqty = "No."\n',
    )
    found = load(desk)
    assert found.company == "Mine"
    assert found.pricing == {"overhead": "9", "tax": "20"}
    assert found.roles == {"write": ("openai/gpt-5.2",), "review": ("a/b", "c/d")}
    assert found.layouts == {"takeoff": {"qty": "No."}}
    assert found.origin["company"] == str(home / "orchestra.toml")
    assert found.origin["pricing"] == str(desk / "orchestra.toml")


def test_whole_page_of_the_contract_is_understood(desk: Path) -> None:
    """Every section that the contract names can be written."""
    write(
        desk / "orchestra.toml",
        """
keep = "18 months"
database = "postgresql://x"
trace_content = true
budget_usd = { run = 3.00, client_month = 40.00, user_month = 60.00, month = 150.00 }
[providers.office]
base_url = "http://127.0.0.1:8080/v1"
[policy.personal]
allow = ["office"]
region = "uk"
[prices."openai/gpt-5.2"]
input = 1.5
[servers.crm]
command = ["x"]
[wall.north]
clients = ["a"]
""",
    )
    found = load(desk)
    assert found.keep == "18 months"
    assert found.budget_usd["client_month"] == Decimal("40.00")
    assert found.policy == {"personal": {"allow": ("office",), "region": ("uk",)}}
    assert found.prices == {"openai/gpt-5.2": {"input": "1.5"}}
    assert found.providers["office"]["base_url"].endswith("/v1")


def test_of_several_budgets_the_lowest_holds(desk: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file and no variable can raise what another one caps."""
    write(home / "orchestra.toml", "budget_usd = { run = 2.00, month = 50 }\n")
    write(desk / "orchestra.toml", "budget_usd = 5.00\n")
    assert load(desk).budget_usd == {"run": Decimal("2.00"), "month": Decimal(50)}
    monkeypatch.setenv("ORCHESTRA_BUDGET", "0.50")
    assert load(desk).budget_usd["run"] == Decimal("0.50")
    monkeypatch.setenv("ORCHESTRA_BUDGET", "9")
    assert load(desk).budget_usd["run"] == Decimal("2.00")


@pytest.mark.parametrize("text", ["much", "-1", "NaN", "Infinity", "3,00"])
def test_budget_that_is_no_number_is_refused(text: str, desk: Path) -> None:
    """Also a decimal comma, which must not read as 3."""
    write(desk / "orchestra.toml", f'budget_usd = {{ run = "{text}" }}\n')
    with pytest.raises(InputError, match=r"budget_usd\.run.*no number of US dollars"):
        load(desk)


def test_unknown_budget_scope_is_refused(desk: Path) -> None:
    """The scopes there are stand in the message."""
    write(desk / "orchestra.toml", "budget_usd = { week = 1 }\n")
    with pytest.raises(InputError, match="run, client_month, user_month, month"):
        load(desk)


def test_what_is_locked_may_not_be_changed_later(desk: Path, tmp_path: Path) -> None:
    """A locked key of the machine's file stands; the same value again is no change."""
    write(tmp_path / "machine.toml", 'locked = ["currency"]\ncurrency = "EUR"\n')
    write(desk / "orchestra.toml", 'currency = "EUR"\n')
    assert load(desk).currency == "EUR"
    write(desk / "orchestra.toml", 'currency = "GBP"\n')
    with pytest.raises(InputError, match=r"currency is locked by .*machine\.toml"):
        load(desk)


def test_locked_section_may_not_be_changed_key_by_key(desk: Path, tmp_path: Path) -> None:
    """A locked [policy] cannot be widened by adding a class or a provider to it."""
    write(tmp_path / "machine.toml", 'locked = ["policy"]\n[policy.personal]\nallow = ["office"]\n')
    write(desk / "orchestra.toml", '[policy.personal]\nallow = ["openai"]\n')
    with pytest.raises(InputError, match="policy is locked"):
        load(desk)


def test_locked_privacy_may_be_tightened_only(desk: Path, tmp_path: Path) -> None:
    """Narrowing is allowed, loosening is not."""
    write(tmp_path / "machine.toml", 'locked = ["privacy"]\nprivacy = "standard"\n')
    write(desk / "orchestra.toml", 'privacy = "strict"\n')
    assert load(desk).privacy == "strict"
    write(desk / "orchestra.toml", 'privacy = "off"\n')
    with pytest.raises(InputError, match="privacy is locked"):
        load(desk)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('compny = "x"', 'unknown setting "compny". Did you mean "company"?'),
        ("zzz = 1", 'unknown setting "zzz".'),
        ("company = 3", "company must be text in quotes"),
        ('roles = "x"', r"roles must be a section, [roles]"),
        ('privacy = "open"', 'privacy must be "strict", "standard" or "off"'),
        ("company = ", "orchestra.toml: "),
    ],
)
def test_mistakes_name_file_key_and_fix(text: str, said: str, desk: Path) -> None:
    """A setting that is misspelt, of the wrong kind or no TOML at all."""
    write(desk / "orchestra.toml", f"{text}\n")
    with pytest.raises(InputError) as caught:
        load(desk)
    assert said in caught.value.message
    assert str(desk) in caught.value.message


def test_file_that_is_no_text_is_refused(desk: Path) -> None:
    """UTF-16 or worse: save it as UTF-8; a byte order mark is fine."""
    (desk / "orchestra.toml").write_bytes('company = "Ä"'.encode("utf-16"))
    with pytest.raises(InputError, match="cannot be read"):
        load(desk)
    (desk / "orchestra.toml").write_bytes('\ufeffcompany = "Ä"'.encode())
    assert load(desk).company == "Ä"


def test_home_is_made_for_its_user_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ORCHESTRA_HOME is made on first use, mode 0700."""
    monkeypatch.setenv("ORCHESTRA_HOME", str(tmp_path / "deep" / "home"))
    made = settings.home()
    assert made == tmp_path / "deep" / "home"
    assert made.stat().st_mode & 0o777 == 0o700


def test_home_that_cannot_be_used_says_what_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in its place is an error with advice, not a traceback."""
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("ORCHESTRA_HOME", str(tmp_path / "file"))
    with pytest.raises(StoreError, match="cannot be used") as caught:
        settings.home()
    assert "ORCHESTRA_HOME" in caught.value.advice


def test_places_of_the_platform_without_any_variable(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data and settings go where the platform has them; ORCHESTRA_CONFIG names another file."""
    assert settings.user_file() == home / "orchestra.toml"
    monkeypatch.delenv("ORCHESTRA_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    if sys.platform == "linux":
        assert settings.home() == tmp_path / "data" / "orchestra"
        assert settings.user_file() == tmp_path / "config" / "orchestra" / "orchestra.toml"
    monkeypatch.setenv("ORCHESTRA_CONFIG", str(tmp_path / "my.toml"))
    assert settings.user_file() == tmp_path / "my.toml"


def test_file_of_the_machine_by_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    """/etc on Unix, ProgramData on Windows."""
    monkeypatch.setattr(sys, "platform", "linux")
    assert settings.machine_file() == Path("/etc/orchestra/orchestra.toml")
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("PROGRAMDATA", os.path.join("D:", "Data"))
    assert settings.machine_file().parts[-2:] == ("orchestra", "orchestra.toml")


def test_workspace_is_found_upwards_or_named(
    desk: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nearest folder with settings or clients, else the default, else none; ORCHESTRA_WORKSPACE goes first."""
    deep = desk / "clients" / "acme"
    deep.mkdir()
    assert find_workspace(deep) == desk
    monkeypatch.chdir(tmp_path)
    assert find_workspace() is None
    write(home / "orchestra.toml", f'default_workspace = "{desk}"\n')
    assert find_workspace() == desk
    assert find_workspace(home) == desk, "the user's own file makes no workspace of the home folder"
    monkeypatch.setenv("ORCHESTRA_WORKSPACE", str(tmp_path))
    assert find_workspace(deep) == tmp_path
    monkeypatch.setenv("ORCHESTRA_WORKSPACE", str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="which is no folder"):
        find_workspace()
