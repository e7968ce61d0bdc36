"""Where recipes are found: by name in the workspace first, then built in; by path; and what goes wrong on the way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from orchestra_cli.errors import InputError, RecipeError
from orchestra_cli.recipes import load
from orchestra_cli.recipes.load import RecipeInfo, builtin_folder, list_recipes, load_recipe, unsupported

PAGE = "---\nrecipe: letter\ntitle: A letter\nsummary: Writes one.\n---\n\n# Step: a\nrole: write\n\nGo.\n"


def put(workspace: Path, name: str, text: str = PAGE) -> Path:
    path = workspace / "recipes" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_every_built_in_page_is_right() -> None:
    """The pages we ship have no mistakes, no warnings, and ask for nothing that cannot run."""
    infos = list_recipes(None)
    assert "proposal" in [info.name for info in infos]
    for info in infos:
        recipe = load_recipe(info.name, None, ())
        assert (recipe.warnings, unsupported(recipe)) == ((), [])
        assert (recipe.title, recipe.summary) == (info.title, info.summary)


def test_the_workspace_comes_first(tmp_path: Path) -> None:
    """A page of the workspace adds a recipe or replaces a built-in one."""
    path = put(tmp_path, "letter.md")
    put(tmp_path, "proposal.md", PAGE.replace("letter", "proposal"))
    put(tmp_path, "README.md", "not a recipe")
    infos = {info.name: info for info in list_recipes(tmp_path)}
    assert infos["letter"] == RecipeInfo("letter", "A letter", "Writes one.", "workspace", path)
    assert infos["proposal"].origin == "workspace"
    assert "README" not in infos
    assert load_recipe("letter", tmp_path, ()).file == "letter.md"
    assert load_recipe("proposal", tmp_path, ()).title == "A proposal"
    assert load_recipe("proposal", None, ()).title == "Bid proposal"


def test_a_path_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has a slash, a dot in front or ends with .md is looked for as a file, under any name."""
    put(tmp_path, "other.md")
    monkeypatch.chdir(tmp_path)
    assert load_recipe("recipes/other.md", None, ()).name == "letter"
    assert load_recipe(str(tmp_path / "recipes" / "other.md"), None, ()).name == "letter"
    with pytest.raises(InputError, match=r"No recipe at \./letter\.md"):
        load_recipe("./letter.md", tmp_path, ())


def test_an_unknown_name_gets_near_names(tmp_path: Path) -> None:
    """A mistyped name is exit 2 with a guess and the command that lists them."""
    with pytest.raises(InputError, match='There is no recipe "propsal": did you mean "proposal"') as caught:
        load_recipe("propsal", tmp_path, ())
    assert caught.value.exit == 2
    assert "orchestra recipes list" in caught.value.advice
    with pytest.raises(InputError, match="There is no recipe"):
        load_recipe("Proposal", None, ())


def test_name_and_file_must_agree(tmp_path: Path) -> None:
    """A page found by its file name says the same name inside."""
    put(tmp_path, "other.md")
    with pytest.raises(RecipeError, match=r'other\.md:2: the page is called other\.md but says "recipe: letter"'):
        load_recipe("other", tmp_path, ())


def test_roles_come_from_the_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A role under [roles] of orchestra.toml may stand in a page; elsewhere it is unknown."""
    monkeypatch.setenv("ORCHESTRA_HOME", str(tmp_path / "home"))
    put(tmp_path, "letter.md", PAGE.replace("role: write", "role: lawyer"))
    with pytest.raises(RecipeError, match="unknown role"):
        load_recipe("letter", tmp_path)
    (tmp_path / "orchestra.toml").write_text('[roles]\nlawyer = ["openai/gpt-5"]\n')
    assert load_recipe("letter", tmp_path).steps[0].role == "lawyer"


def test_a_workspace_page_cannot_take_a_command(tmp_path: Path) -> None:
    """`keys` stays a command."""
    put(tmp_path, "keys.md", PAGE.replace("letter", "keys"))
    with pytest.raises(RecipeError, match="name of a command"):
        load_recipe("keys", tmp_path, ())


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (PAGE.encode().replace(b"Go.", b"Gr\xfc\xdfe"), "letter.md:10: this line is not UTF-8"),
        (PAGE.encode("utf-16"), "letter.md:1: the page is saved as UTF-16"),
        (PAGE.encode() + b"x" * 256 * 1024, "letter.md:1: the page is larger than 256 KB"),
    ],
)
def test_files_that_are_no_pages(tmp_path: Path, data: bytes, why: str) -> None:
    """Wrong encodings and sizes name the line and what to do."""
    put(tmp_path, "letter.md").write_bytes(data)
    with pytest.raises(RecipeError) as caught:
        load_recipe("letter", tmp_path, ())
    assert caught.value.problems[0].startswith(why)
    assert list_recipes(tmp_path)


def test_an_unreadable_page_is_an_input_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that cannot be opened is said, with the reason."""
    path = put(tmp_path, "letter.md")

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "read_bytes", refuse)
    with pytest.raises(InputError, match="cannot be read: Permission denied"):
        load_recipe("letter", tmp_path, ())


def test_lists_survive_broken_pages(tmp_path: Path) -> None:
    """A page with mistakes is listed with the command that shows them."""
    put(tmp_path, "broken.md", "# Step: a\n")
    put(tmp_path, "latin.md").write_bytes(b"---\nrecipe: latin\ntitle: \xfc\n---\n")
    infos = {info.name: info.summary for info in list_recipes(tmp_path)}
    assert infos["broken"] == "has mistakes: orchestra recipes check broken"
    assert infos["latin"] == "has mistakes: orchestra recipes check latin"


def test_lists_read_settings_only(tmp_path: Path) -> None:
    """A list does not read bodies: what is wrong below the settings does not matter to it."""
    put(tmp_path, "letter.md", PAGE + "\n# Step: a\nnonsense\n")
    assert {info.name: info.summary for info in list_recipes(tmp_path)}["letter"] == "Writes one."


def test_packed_pages_win_over_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package reads its own pages, a checkout those beside it."""
    assert builtin_folder().name == "recipes"
    room = tmp_path / "orchestra_cli" / "recipes"
    (room / "builtin").mkdir(parents=True)
    monkeypatch.setattr(load, "__file__", str(room / "load.py"))
    assert builtin_folder() == room / "builtin"


def test_listing_and_loading_import_nothing_heavy() -> None:
    """Names of recipes become commands at start, so that they must cost next to nothing."""
    code = (
        "import sys\nfrom orchestra_cli.recipes.load import list_recipes\nlist_recipes(None)\n"
        "heavy = {'pydantic', 'httpx', 'keyring', 'typer', 'rich', 'docx', 'pypdf'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_mistakes_name_the_command_that_shows_them_again(tmp_path: Path) -> None:
    """By name for a page of the workspace, by path for one that lies elsewhere."""
    (tmp_path / "recipes").mkdir()
    for page in (tmp_path / "recipes" / "own.md", tmp_path / "other.md"):
        page.write_text("---\nrecipe: own\n---\n", encoding="utf-8")
    with pytest.raises(RecipeError) as here:
        load_recipe("own", tmp_path)
    assert here.value.advice.startswith("orchestra recipes check own ")
    with pytest.raises(RecipeError) as elsewhere:
        load_recipe(str(tmp_path / "other.md"), tmp_path)
    assert elsewhere.value.advice.startswith(f"orchestra recipes check {tmp_path / 'other.md'} ")
