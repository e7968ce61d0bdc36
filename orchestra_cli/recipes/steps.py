"""The settings of one step as a Step value; what a step says about others is checked in graph.py."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import partial
from pathlib import PurePosixPath, PureWindowsPath

from orchestra_cli.recipes import words
from orchestra_cli.recipes.lines import RawSetting, RawStep
from orchestra_cli.recipes.model import Read, Step, StepKind
from orchestra_cli.recipes.page import one_of, whole
from orchestra_cli.recipes.returns import parse_returns
from orchestra_cli.recipes.when import Condition, parse_condition
from orchestra_cli.types import Field

Problem = Callable[[int, str], None]

_READ = re.compile(r"([a-z][a-z0-9_]*)(?:\.([a-z][a-z0-9_]*))?")
_ARCHIVE = re.compile(r"archive\s*\(\s*(\d{1,3})\s*\)")
_ACTION = re.compile(r"(recipe)\s+(\S+)|(tool)\s+([a-z][\w-]*\.[A-Za-z][\w-]*)")
_NO_BLOCK = tuple(name for name in words.STEP_SETTINGS if name not in words.BLOCK_SETTINGS)


def build_step(raw: RawStep, roles: Collection[str], problem: Problem) -> Step:
    """The step that `raw` describes; what is wrong goes to `problem` and is left out."""
    given = {name: setting for name, setting in raw.settings.items() if name != "?"}
    kind = _kind(raw, given, problem)
    _check_fit(raw, kind, given, problem)
    get = given.get
    hard = "approve!" in given
    gate = get("approve!") or get("approve")
    limit = whole(get("max words"), 1, 100_000, 0, problem)
    plan, plan_at_most = _plan(get("plan"), problem)
    return Step(
        id=raw.id,
        kind=kind,
        role=_role(get("role"), kind, roles, problem),
        action=_action(get("do"), problem),
        settings=_with(get("with"), problem),
        reads=_reads(get("reads"), problem),
        returns=_returns(get("returns"), problem),
        answers=_id(get("answers"), problem),
        review=_id(get("review"), problem),
        against=_reads(get("against"), problem),
        rounds=whole(get("rounds"), 1, 9, 1, problem),
        panel=whole(get("panel"), 2, 9, 0, problem),
        judge=_value(get("judge")),
        tier=_tiers(get("tier"), problem),
        model=_value(get("model")),
        each=_each(get("each"), problem),
        plan=plan,
        plan_at_most=plan_at_most,
        when=_when(get("when"), problem),
        approve=_value(gate),
        approve_hard=hard,
        search=one_of(get("search"), ("web",), problem) == "web",
        max_words=limit or None,
        body=raw.body,
        line=raw.line,
        lines=tuple((name, setting.line) for name, setting in given.items()),
    )


def _kind(raw: RawStep, given: dict[str, RawSetting], problem: Problem) -> StepKind:
    main = [name for name in ("do", "review", "plan") if name in given]
    if len(main) > 1:
        problem(given[main[1]].line, f'step "{raw.id}" has both "{main[0]}" and "{main[1]}": make two steps')
    if not main and "role" not in given and "?" not in raw.settings:
        problem(raw.line, f'step "{raw.id}" needs one of: role, do, review, plan')
    return main[0] if main else "model"


def _check_fit(raw: RawStep, kind: StepKind, given: dict[str, RawSetting], problem: Problem) -> None:
    main = "role" if kind == "model" else kind
    for name, setting in given.items():
        if name not in words.ONLY_WITH[kind] and name not in ("do", "review", "plan"):
            problem(setting.line, f'"{name}" has no meaning in a step with "{main}" (step "{raw.id}")')
        if name in _NO_BLOCK and not setting.value:
            problem(setting.line, f'"{name}" in step "{raw.id}" has no value')
        if name in words.BLOCK_SETTINGS and (setting.value or not setting.block):
            problem(setting.line, f'write what belongs to "{name}" in the lines below it, indented by two spaces')
    if "approve" in given and "approve!" in given:
        problem(given["approve!"].line, 'a step has "approve" or "approve!", not both')
    _check_pairs(raw, kind, given, problem)
    if kind != "do" and not raw.body.strip() and "?" not in raw.settings:
        problem(raw.line, f'step "{raw.id}" says nothing to the model: write what it is to do, after a blank line')


def _check_pairs(raw: RawStep, kind: StepKind, given: dict[str, RawSetting], problem: Problem) -> None:
    if "judge" in given and "panel" not in given:
        problem(given["judge"].line, f'"judge" needs a "panel" (step "{raw.id}")')
    if kind == "model" and "rounds" in given and "panel" not in given:
        problem(given["rounds"].line, f'"rounds" needs a "review" or a "panel" (step "{raw.id}")')
    if "answers" in given and "returns" in given:
        problem(given["answers"].line, f'"answers" needs prose: take "returns" out of step "{raw.id}"')


def _role(setting: RawSetting | None, kind: StepKind, roles: Collection[str], problem: Problem) -> str:
    if setting is None:
        return {"review": "review", "plan": "coordinate"}.get(kind, "")
    known = (*words.ROLES, *roles)
    if setting.value and setting.value not in known:
        guess = words.near(setting.value, known) or f": use {', '.join(known)}, or add it to [roles] of orchestra.toml"
        problem(setting.line, f'unknown role "{setting.value}"{guess}')
    return setting.value


def _action(setting: RawSetting | None, problem: Problem) -> str:
    if setting is None or not setting.value:
        return ""
    action = " ".join(setting.value.split())
    match = _ACTION.fullmatch(action)
    if match and match[1]:
        if not words.RECIPE_NAME.fullmatch(match[2]):
            problem(setting.line, f'"{match[2]}" is no name of a recipe: a page may not name files')
        return action
    if not match and action not in words.ACTIONS:
        known = (*words.ACTIONS, "recipe NAME", "tool server.name")
        guess = words.near(action, words.ACTIONS) or f": use {', '.join(known)}"
        problem(setting.line, f'unknown action "{action}"{guess}')
    return action


def _with(setting: RawSetting | None, problem: Problem) -> tuple[tuple[str, str], ...]:
    pairs: dict[str, str] = {}
    for line in setting.block if setting else ():
        name, colon, value = (part.strip() for part in line.text.partition(":"))
        if not colon or not name or line.indent:
            problem(line.line, f'"{line.text}" under "with": write "name: value"')
        elif name in pairs:
            problem(line.line, f'"{name}" is set twice under "with"')
        elif _leads_outside(value):
            problem(line.line, f'"{value}" leads out of the workspace: a recipe may not name such a path')
        else:
            pairs[name] = value
    return tuple(pairs.items())


def _leads_outside(value: str) -> bool:
    parts = re.split(r"[\\/]", value)
    absolute = (
        PureWindowsPath(value).is_absolute() or PurePosixPath(value).is_absolute() or value.startswith(("~", "\\"))
    )
    return absolute or ".." in parts


def _reads(setting: RawSetting | None, problem: Problem) -> tuple[Read, ...]:
    reads: list[Read] = []
    for part in setting.value.split(",") if setting and setting.value else ():
        read = _read(part.strip())
        if read is None:
            problem(setting.line, _no_read(part.strip(), setting.name))  # type: ignore[union-attr]
        elif read in reads:
            problem(setting.line, f'"{read}" is there twice in "{setting.name}"')  # type: ignore[union-attr]
        else:
            reads.append(read)
    return tuple(reads)


def _read(text: str) -> Read | None:
    archive = _ARCHIVE.fullmatch(text)
    if archive:
        return Read("archive", count=int(archive[1])) if int(archive[1]) else None
    match = _READ.fullmatch(text)
    return Read(match[1], match[2] or "") if match and match[1] != "archive" else None


def _no_read(text: str, setting: str) -> str:
    if text.startswith("archive"):
        return 'say how many passages of the archive: "archive(3)"'
    return f'"{text}" in "{setting}": write names with commas between them, such as brief, pricing.table, archive(3)'


def _returns(setting: RawSetting | None, problem: Problem) -> Field | None:
    return parse_returns(setting.block, problem) if setting and not setting.value else None


def _id(setting: RawSetting | None, problem: Problem) -> str:
    if setting is None or not setting.value:
        return ""
    if not words.ID.fullmatch(setting.value):
        problem(setting.line, f'"{setting.value}" in "{setting.name}": write the name of one step')
        return ""
    return setting.value


def _each(setting: RawSetting | None, problem: Problem) -> str:
    if setting is None or not setting.value:
        return ""
    if not _READ.fullmatch(setting.value):
        problem(setting.line, f'"{setting.value}" in "each": write the name of one list')
        return ""
    return setting.value


def _tiers(setting: RawSetting | None, problem: Problem) -> tuple[str, ...]:
    if setting is None or not setting.value:
        return ()
    tiers = tuple(part.strip() for part in setting.value.split(","))
    check = partial(one_of, known=words.TIERS, problem=problem)
    return tuple(tier for tier in tiers if check(RawSetting("tier", tier, (), setting.line)))


def _plan(setting: RawSetting | None, problem: Problem) -> tuple[tuple[str, ...], int]:
    if setting is None or not setting.value:
        return (), 0
    names, _, limit = (part.strip() for part in setting.value.partition(";"))
    match = re.fullmatch(r"at most (\d{1,3})", limit)
    if limit and (not match or not int(match[1])):
        problem(setting.line, f'"{limit}" in "plan": after the semicolon write "at most 6"')
    chosen = tuple(part.strip() for part in names.split(","))
    for name in chosen:
        if not words.RECIPE_NAME.fullmatch(name):
            problem(setting.line, f'"{name}" in "plan" is no name of a step or recipe: a page may not name files')
    return chosen, int(match[1]) if match else 0


def _when(setting: RawSetting | None, problem: Problem) -> Condition | None:
    if setting is None or not setting.value:
        return None
    try:
        return parse_condition(setting.value)
    except ValueError as error:
        problem(setting.line, f'"when": {error}')
        return None


def _value(setting: RawSetting | None) -> str:
    return setting.value if setting else ""
