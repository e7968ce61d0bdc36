"""The page as lines: which are settings, which start a step, which are text. No meaning yet; each knows its line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from orchestra_cli.recipes import words
from orchestra_cli.recipes.blocks import FenceWatch

_STRUCTURE = re.compile(r"# (Step|Deliver):(?: (.*)|)")
_NEARLY = re.compile(r"#{1,3}\s*(?:step|deliver)\s*:.*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RawLine:
    """One line of a block, without its two spaces; `indent` counts what is left before the text."""

    text: str
    indent: int
    line: int


@dataclass(frozen=True, slots=True)
class RawSetting:
    """A setting as written: `value` on its line, or the indented `block` under it."""

    name: str
    value: str
    block: tuple[RawLine, ...]
    line: int


@dataclass(slots=True)
class RawStep:
    """A step before its settings mean anything. `body_line` is the line of the body's first line."""

    id: str
    line: int
    settings: dict[str, RawSetting] = field(default_factory=dict)
    body: str = ""
    body_line: int = 0


@dataclass(slots=True)
class RawPage:
    """The whole page cut into its parts; `problems` are (line, sentence)."""

    settings: dict[str, RawSetting] = field(default_factory=dict)
    preamble: str = ""
    preamble_line: int = 0
    steps: list[RawStep] = field(default_factory=list)
    deliver: tuple[str, str, int] | None = None
    deliver_line: int = 0
    problems: list[tuple[int, str]] = field(default_factory=list)
    warnings: list[tuple[int, str]] = field(default_factory=list)


def cut(text: str) -> RawPage:
    """The page in parts. Nothing is refused here but what cannot be cut: see `problems`."""
    page = RawPage()
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    start = settings_block(lines, page)
    structures = _structures(lines, start, page)
    ends = [*(line for line, _, _ in structures), len(lines)][1:]
    first = structures[0][0] if structures else len(lines)
    page.preamble, page.preamble_line = "\n".join(lines[start:first]).strip("\n"), _first_text(lines, start)
    for (number, kind, title), end in zip(structures, ends, strict=True):
        if kind == "Deliver":
            page.deliver = (title, "\n".join(lines[number + 1 : end]).strip("\n"), number + 1)
            page.deliver_line = _first_text(lines, number + 1)
        else:
            page.steps.append(_step(lines, number, end, title, page))
    return page


def settings_block(lines: Iterable[str], page: RawPage) -> int:
    """Read the settings between the two `---` lines into `page`; the number of lines they take, rails included."""
    inside: list[str] = []
    for taken, line in enumerate(lines, start=1):
        plain = words.repair(line.rstrip("\n")).rstrip()
        if taken == 1:
            if plain != "---":
                page.problems.append((1, 'the page must begin with a line "---", its settings, and another "---"'))
                return 0
        elif plain == "---":
            _read_settings(inside, 2, _Target(words.PAGE_SETTINGS, page.settings, page, "the page"))
            return taken
        else:
            inside.append(line.rstrip("\n"))
            if _STRUCTURE.fullmatch(plain):
                break
    page.problems.append((1, 'the settings of the page are never closed: put a line "---" after them'))
    return 1


def _structures(lines: list[str], start: int, page: RawPage) -> list[tuple[int, str, str]]:
    found: list[tuple[int, str, str]] = []
    watch = FenceWatch()
    delivering = False
    for number in range(start, len(lines)):
        line = lines[number]
        if watch.is_code(line):
            continue
        match = _STRUCTURE.fullmatch(line)
        if match and not delivering:
            found.append((number, match[1], words.repair(match[2] or "").strip()))
            delivering = match[1] == "Deliver"
        elif delivering and (match or _NEARLY.fullmatch(line)):
            page.warnings.append((number + 1, f'"{line.strip()}" is text of the document: all after # Deliver is'))
        elif _NEARLY.fullmatch(line):
            page.warnings.append((number + 1, f'"{line.strip()}" is text; a step begins with "# Step: name"'))
    if watch.rail:
        page.warnings.append((len(lines), "a code fence is never closed: all after it is text"))
    return found


def _first_text(lines: list[str], start: int) -> int:
    number = start
    while number < len(lines) and not lines[number]:
        number += 1
    return number + 1


def _step(lines: list[str], number: int, end: int, title: str, page: RawPage) -> RawStep:
    step = RawStep(title, number + 1)
    first = number + 1
    while first < end and not words.repair(lines[first]).strip():
        first += 1
    last = first
    while last < end and words.repair(lines[last]).strip():
        last += 1
    target = _Target(words.STEP_SETTINGS, step.settings, page, f'step "{title}"')
    _read_settings(lines[first:last], first + 1, target)
    step.body = "\n".join(lines[last:end]).strip("\n")
    step.body_line = min(_first_text(lines, last), end)
    return step


@dataclass(frozen=True, slots=True)
class _Target:
    """Where settings go: their known names, the mapping to fill, and what to call the place in messages."""

    known: tuple[str, ...]
    settings: dict[str, RawSetting]
    page: RawPage
    where: str

    @property
    def fix(self) -> str:
        if self.where == "the page":
            return 'close the settings with "---"'
        return "put a blank line between the settings and the text"

    def set_aside(self, number: int, problem: str, meant: str = "") -> str:
        """Report a line that is no setting; what was probably meant is kept under "?"."""
        self.page.problems.append((number, problem))
        before = self.settings["?"].value if "?" in self.settings else ""
        self.settings["?"] = RawSetting("?", f"{before} {meant}".strip(), (), number)
        return "?"


def _read_settings(lines: list[str], first: int, target: _Target) -> None:
    name = ""
    for number, raw in enumerate(lines, start=first):
        line = words.repair(raw).rstrip()
        if not line.strip():
            name = ""
        elif line[0] in " \t":
            problem = _add_to_block(line, number, target.settings.get(name), target.settings)
            if problem:
                target.page.problems.append((number, problem))
        else:
            name = _add_setting(line, number, target)


def _add_to_block(line: str, number: int, setting: RawSetting | None, settings: dict[str, RawSetting]) -> str:
    tab = line.lstrip(" ").startswith("\t")
    line = line.replace("\t", "  ")
    indent = len(line) - len(line.lstrip(" "))
    if setting is None:
        return f'"{line.strip()}" is indented but stands under no setting'
    if setting.name == "?":
        return ""
    if setting.value or setting.name not in words.BLOCK_SETTINGS:
        return f'the value of "{setting.name}" stands on one line: join this line to it'
    block = (*setting.block, RawLine(line.strip(), max(0, indent - 2), number))
    settings[setting.name] = RawSetting(setting.name, "", block, setting.line)
    if tab:
        return "this line is indented with a tab: use two spaces"
    return "indent this line with two spaces" if indent < 2 else ""


def _add_setting(line: str, number: int, target: _Target) -> str:
    match = words.SETTING.fullmatch(line)
    if match is None:
        return target.set_aside(number, f'"{_short(line)}" is no setting of {target.where}: {target.fix}')
    name, value = match[1], match[2].strip()
    if name not in target.known:
        guess = words.near(name, target.known) or f"; if it is text, {target.fix}"
        meant = words.nearest(name, target.known)
        return target.set_aside(number, f'unknown setting "{name}" in {target.where}{guess}', meant)
    if name in target.settings:
        earlier = target.settings[name].line
        return target.set_aside(number, f'"{name}" is set twice in {target.where}, first in line {earlier}')
    target.settings[name] = RawSetting(name, value, (), number)
    return name


def _short(line: str) -> str:
    return line if len(line) <= 48 else line[:45] + "..."
