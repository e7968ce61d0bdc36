"""From a page to a checked Recipe: the one way for list, check, run, resume and compose. Pages are data, never code."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from orchestra_cli import settings as house
from orchestra_cli.errors import InputError, RecipeError
from orchestra_cli.recipes import page as pages
from orchestra_cli.recipes import words
from orchestra_cli.recipes.graph import Draft, check_graph
from orchestra_cli.recipes.lines import RawPage, RawStep, cut, settings_block
from orchestra_cli.recipes.model import Deliver, InputSpec, Recipe, Step
from orchestra_cli.recipes.steps import build_step

RUNNABLE_ACTIONS = ("price_table",)


@dataclass(frozen=True, slots=True)
class RecipeInfo:
    """A recipe as lists show it. `origin` is "workspace" or "built-in"."""

    name: str
    title: str
    summary: str
    origin: str
    path: Path


def parse(text: str, file: str, roles: Collection[str] = ()) -> Recipe:
    """The recipe that `text` says; `file` names it in messages, `roles` are those of orchestra.toml.

    Raises RecipeError with every mistake, as `file:line: what, and the fix`, in the order of the page.
    """
    if len(text.encode("utf-8", "replace")) > words.MAX_BYTES:
        raise RecipeError([f"{file}:1: the page is larger than 256 KB: a recipe holds instructions, not the documents"])
    raw = cut(text)
    problems: list[tuple[int, str]] = list(raw.problems)

    def problem(line: int, sentence: str) -> None:
        problems.append((line, sentence))

    recipe = _recipe(raw, text, file, roles, problem)
    if problems:
        raise RecipeError([f"{file}:{line}: {said}" for line, said in dict.fromkeys(sorted(problems, key=_line))])
    return recipe


def _line(problem: tuple[int, str]) -> int:
    return problem[0]


def _recipe(raw: RawPage, text: str, file: str, roles: Collection[str], problem: pages.Problem) -> Recipe:
    given = {name: setting for name, setting in raw.settings.items() if name != "?"}
    for name, setting in given.items():
        if not setting.value and name not in ("inputs", "recipe"):
            problem(setting.line, f'"{name}" has no value')
    inputs = pages.inputs_of(given.get("inputs"), problem)
    steps, broken = _steps(raw, inputs, roles, problem)
    deliver = _deliver(raw, problem)
    name = pages.name_of(given, problem)
    recipe = Recipe(
        name=name,
        title=given["title"].value if "title" in given else name,
        summary=given["summary"].value if "summary" in given else "",
        inputs=inputs,
        budget=pages.number(given.get("budget"), "US dollars", problem),
        privacy=pages.one_of(given.get("privacy"), words.PRIVACY, problem),
        language=pages.language_of(given.get("language"), problem),
        by_hand=pages.number(given.get("by hand"), "hours", problem),
        preamble=raw.preamble,
        steps=tuple(steps),
        deliver=deliver,
        text=text,
        file=file,
        warnings=tuple(f"{file}:{line}: {said}" for line, said in raw.warnings),
    )
    _check(raw, recipe, broken, problem)
    return recipe


def _check(raw: RawPage, recipe: Recipe, broken: dict[str, set[int]], problem: pages.Problem) -> None:
    draft = Draft(
        inputs={spec.id: spec for spec in recipe.inputs},
        steps={step.id: step for step in recipe.steps},
        preamble=raw.preamble,
        preamble_line=raw.preamble_line,
        body_lines={step.id: step.body_line for step in raw.steps},
        deliver=recipe.deliver,
        deliver_line=raw.deliver_line,
        problem=problem,
        broken=frozenset(broken),
        names_lost=_names_lost(raw, recipe.steps, broken),
    )
    check_graph(draft)


def _steps(
    raw: RawPage, inputs: tuple[InputSpec, ...], roles: Collection[str], problem: pages.Problem
) -> tuple[list[Step], dict[str, set[int]]]:
    """The steps, and the lines with mistakes of those that have any."""
    if not raw.steps:
        problem(1, 'the page has no step: begin one with a line "# Step: name"')
    seen: dict[str, int] = {}
    broken: dict[str, set[int]] = {}
    steps: list[Step] = []
    for part in raw.steps:
        wrong = _wrong_id(part, seen, {spec.id for spec in inputs})
        if wrong:
            problem(part.line, wrong)
        seen.setdefault(part.id, part.line)
        lines: set[int] = set()
        step = build_step(part, roles, partial(_noted, lines, problem))
        if not wrong:
            steps.append(step)
        if lines or "?" in part.settings:
            broken[part.id] = lines
    return steps, broken


def _noted(lines: set[int], problem: pages.Problem, line: int, sentence: str) -> None:
    lines.add(line)
    problem(line, sentence)


def _names_lost(raw: RawPage, steps: Sequence[Step], broken: dict[str, set[int]]) -> bool:
    """Whether a line that names other steps could not be read."""
    meant = {word for part in raw.steps if "?" in part.settings for word in part.settings["?"].value.split()}
    unread = {name for step in steps for name, line in step.lines if line in broken.get(step.id, ())}
    return bool((meant | unread) & set(words.NAMING_SETTINGS))


def _wrong_id(part: RawStep, seen: dict[str, int], inputs: set[str]) -> str:
    if not words.ID.fullmatch(part.id):
        return f'a step cannot be called "{part.id}": small letters, digits and _ only, a letter first'
    if part.id in seen:
        return f'there is a step "{part.id}" already, in line {seen[part.id]}'
    if part.id in inputs:
        return f'"{part.id}" is an input: give the step another name'
    if part.id in words.RESERVED:
        return f'a step cannot be called "{part.id}": the word has a meaning of its own here'
    return ""


def _deliver(raw: RawPage, problem: pages.Problem) -> Deliver | None:
    if raw.deliver is None:
        return None
    title, text, line = raw.deliver
    return Deliver(pages.formats_of(title, line, problem), text, line)


def load_recipe(name_or_path: str, workspace: Path | None, roles: Collection[str] | None = None) -> Recipe:
    """The recipe of that name (the workspace's before the built-in one), or the page at that path.

    `roles` are the names under [roles]; None reads them from the settings in force. Raises InputError when there is
    no such recipe, RecipeError with all mistakes of the page.
    """
    path = find_recipe(name_or_path, workspace)
    known = tuple(house.load(workspace).roles) if roles is None else roles
    recipe = parse(_read(path), path.name, known)
    if not _is_path(name_or_path) and recipe.name != name_or_path:
        raise RecipeError(
            [f'{path.name}:2: the page is called {path.name} but says "recipe: {recipe.name}": make both equal']
        )
    return recipe


def find_recipe(name_or_path: str, workspace: Path | None) -> Path:
    """Where the page lies. Raises InputError with near names."""
    if _is_path(name_or_path):
        path = Path(name_or_path).expanduser()
        if path.is_file():
            return path
        raise InputError(f"No recipe at {name_or_path}.", "orchestra recipes list  shows the recipes there are.")
    for folder, _ in _folders(workspace):
        path = folder / f"{name_or_path}.md"
        if words.RECIPE_NAME.fullmatch(name_or_path) and path.is_file():
            return path
    guess = words.near(name_or_path, [info.name for info in list_recipes(workspace)])
    raise InputError(
        f'There is no recipe "{name_or_path}"{guess or "."}', "orchestra recipes list  shows the recipes there are."
    )


def _is_path(name: str) -> bool:
    return "/" in name or "\\" in name or name.endswith(".md") or name.startswith((".", "~"))


def _read(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.", "Repair its permissions.") from error
    if len(data) > words.MAX_BYTES:
        raise RecipeError(
            [f"{path.name}:1: the page is larger than 256 KB: a recipe holds instructions, not the documents"]
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise RecipeError([f"{path.name}:1: the page is saved as UTF-16: save it as UTF-8 text"])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RecipeError([f"{path.name}:{line}: this line is not UTF-8 text: save the page as UTF-8"]) from error


def builtin_folder() -> Path:
    """Where the built-in pages lie: in the installed package, else in the checkout."""
    packed = Path(__file__).parent / "builtin"
    return packed if packed.is_dir() else Path(__file__).parents[2] / "recipes"


def _folders(workspace: Path | None) -> list[tuple[Path, str]]:
    own = [(workspace / "recipes", "workspace")] if workspace else []
    return [*own, (builtin_folder(), "built-in")]


def list_recipes(workspace: Path | None) -> list[RecipeInfo]:
    """Every recipe there is, by name; a page of the workspace hides the built-in one. Reads only the settings."""
    found: dict[str, RecipeInfo] = {}
    for folder, origin in _folders(workspace):
        for path in sorted(folder.glob("*.md")) if folder.is_dir() else ():
            if words.RECIPE_NAME.fullmatch(path.stem) and path.stem not in found:
                found[path.stem] = _info(path, origin)
    return [found[name] for name in sorted(found)]


def _info(path: Path, origin: str) -> RecipeInfo:
    raw = RawPage()
    try:
        settings_block(_first_lines(path), raw)
    except (OSError, UnicodeDecodeError):
        raw.problems.append((1, "unreadable"))
    title = raw.settings["title"].value if "title" in raw.settings else path.stem
    summary = raw.settings["summary"].value if "summary" in raw.settings else ""
    if raw.problems:
        summary = f"has mistakes: orchestra recipes check {path.stem}"
    return RecipeInfo(path.stem, title, summary, origin, path)


def _first_lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8-sig", newline=None) as page:
        yield from islice(page, 400)


def unsupported(recipe: Recipe) -> list[str]:
    """What the page asks for that this version cannot run, each as `file:line: sentence`; empty when it can run all."""
    found = [(line, said) for step in recipe.steps for line, said in _unsupported(step)]
    return [f"{recipe.file}:{line}: {said}" for line, said in sorted(found)]


def _unsupported(step: Step) -> Iterator[tuple[int, str]]:
    at = step.line_of
    if step.kind == "plan":
        yield at("plan"), "this version cannot let a coordinator plan steps yet"
    if step.panel:
        yield at("panel"), "this version cannot run panels yet"
    if step.judge:
        yield at("judge"), "this version cannot run judges yet"
    if len(step.tier) > 1:
        yield at("tier"), "this version cannot run cascades yet: name one tier"
    if step.action.startswith("recipe "):
        yield at("do"), "this version cannot run a recipe inside a recipe yet"
    elif step.action.startswith("tool "):
        yield at("do"), "this version cannot call tools yet"
    elif step.action and step.action not in RUNNABLE_ACTIONS:
        yield at("do"), f'this version cannot run the action "{step.action}" yet'
