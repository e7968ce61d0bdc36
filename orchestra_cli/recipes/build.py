"""From the text of a page to a checked Recipe: cut it, give its parts a meaning, check them against each other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial

from orchestra_cli.errors import RecipeError
from orchestra_cli.recipes import page as pages
from orchestra_cli.recipes import words
from orchestra_cli.recipes.graph import Draft, check_graph
from orchestra_cli.recipes.lines import RawPage, RawStep, cut
from orchestra_cli.recipes.model import Deliver, InputSpec, Recipe, Step
from orchestra_cli.recipes.steps import build_step


def build_recipe(text: str, file: str, roles: Collection[str]) -> Recipe:
    """The recipe that `text` says. Raises RecipeError with every mistake, in the order of the page."""
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
    deliver = _deliver(raw, steps, problem)
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


def _deliver(raw: RawPage, steps: Sequence[Step], problem: pages.Problem) -> Deliver | None:
    """What to deliver; without a text of its own, the last step (of a review, what it reviews)."""
    if raw.deliver is None:
        return None
    title, text, line = raw.deliver
    if not text.strip() and steps:
        text = f"{{{steps[-1].review or steps[-1].id}}}"
    return Deliver(pages.formats_of(title, line, problem), text, line)
