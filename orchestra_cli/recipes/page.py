"""The settings of the page: name, inputs, budget and the rest, each as a value or a problem with its line."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from orchestra_cli.recipes import words
from orchestra_cli.recipes.lines import RawLine, RawSetting
from orchestra_cli.recipes.model import InputSpec

Problem = Callable[[int, str], None]

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_INPUT = re.compile(r"([^\s:]+)\s*:\s*(.*)")


def name_of(settings: dict[str, RawSetting], problem: Problem) -> str:
    """The recipe's own name."""
    setting = settings.get("recipe")
    if setting is None or not setting.value:
        problem(setting.line if setting else 1, 'the page has no name: add a line "recipe: name"')
        return ""
    if not words.RECIPE_NAME.fullmatch(setting.value):
        problem(setting.line, f'a recipe cannot be called "{setting.value}": small letters, digits, _ and - only')
    elif setting.value in words.COMMANDS:
        problem(setting.line, f'"{setting.value}" is the name of a command: choose another name for the recipe')
    return setting.value


def number(setting: RawSetting | None, unit: str, problem: Problem) -> Decimal | None:
    """A number such as 3.00, at least 0; a decimal comma is a problem that says so."""
    if setting is None or not setting.value:
        return None
    if re.fullmatch(r"\d{1,9}(\.\d{1,6})?", setting.value):
        return Decimal(setting.value)
    if re.fullmatch(r"\d+,\d+", setting.value):
        fix = f"numbers are written with a point: {setting.value.replace(',', '.')}"
    else:
        fix = f"write a number of {unit} such as 3.00"
    problem(setting.line, f'"{setting.value}" in "{setting.name}": {fix}')
    return None


def whole(setting: RawSetting | None, low: int, high: int, default: int, problem: Problem) -> int:
    """A whole number from `low` to `high`; `default` when the setting is not there."""
    if setting is None or not setting.value:
        return default
    if setting.value.isascii() and setting.value.isdigit() and low <= int(setting.value[:9]) <= high:
        return int(setting.value)
    problem(setting.line, f'"{setting.value}" in "{setting.name}": write a whole number from {low} to {high}')
    return default


def one_of(setting: RawSetting | None, known: tuple[str, ...], problem: Problem) -> str:
    """One of the known words, empty when the setting is not there."""
    if setting is None or not setting.value:
        return ""
    if setting.value in known:
        return setting.value
    guess = words.near(setting.value, known) or f": use {', '.join(known)}"
    problem(setting.line, f'unknown {setting.name} "{setting.value}"{guess}')
    return ""


def language_of(setting: RawSetting | None, problem: Problem) -> str:
    """A language tag such as en-GB."""
    if setting is None or not setting.value:
        return ""
    if not _LANGUAGE.fullmatch(setting.value):
        problem(setting.line, f'"{setting.value}" in "language": write a tag such as en-GB or de')
    return setting.value


def inputs_of(setting: RawSetting | None, problem: Problem) -> tuple[InputSpec, ...]:
    """The lines under `inputs`."""
    if setting is None:
        return ()
    if setting.value or not setting.block:
        problem(setting.line, 'write each input below "inputs:", indented: "  brief: documents -- what it is"')
        return ()
    specs: list[InputSpec] = []
    for line in setting.block:
        spec = _input(line, problem)
        if spec is None:
            continue
        if spec.id in {known.id for known in specs}:
            problem(line.line, f'the input "{spec.id}" is there twice')
        else:
            specs.append(spec)
    return tuple(specs)


def _input(line: RawLine, problem: Problem) -> InputSpec | None:
    declaration, _, hint = line.text.partition(" -- ")
    match = _INPUT.fullmatch(declaration.strip())
    if match is None or line.indent:
        problem(line.line, f'"{line.text}" is no input: write "name: type -- what it is", indented by two spaces')
        return None
    name, (kind, *modifiers) = match[1], [part.strip() for part in match[2].split(",")]
    known = _type(name, kind, line.line, problem)
    _check_name(name, kind, line.line, problem)
    type_, choices = known or ("documents", ())
    for modifier in modifiers:
        if modifier not in ("optional", "many", *words.DATA_CLASSES):
            guess = words.near(modifier, ("optional", "many", *words.DATA_CLASSES))
            help_ = guess or f": use optional, many, {', '.join(words.DATA_CLASSES)}"
            problem(line.line, f'"{modifier}" says nothing about an input{help_}')
    privacy = [modifier for modifier in modifiers if modifier in words.DATA_CLASSES]
    if len(privacy) > 1:
        problem(line.line, f'"{name}" is both {privacy[0]} and {privacy[1]}: keep one')
    return InputSpec(
        name,
        type_,
        choices,
        "optional" in modifiers,
        "many" in modifiers,
        privacy[0] if privacy else None,
        hint.strip(),
        line.line,
    )


def _type(name: str, kind: str, line: int, problem: Problem) -> tuple[str, tuple[str, ...]] | None:
    word, _, rest = kind.partition(" ")
    if word == "choice":
        choices = tuple(" ".join(choice.split()) for choice in rest.split("|"))
        if len(choices) < 2 or not all(choices) or len(set(choices)) < len(choices):
            problem(line, f'"{name}": write the choices with bars between them: choice small | large')
            return None
        return "choice", choices
    if kind in words.INPUT_TYPES:
        return kind, ()
    guess = words.near(kind, words.INPUT_TYPES) or f": use one of {', '.join(words.INPUT_TYPES)}"
    problem(line, f'unknown type "{kind}" of input "{name}"{guess}')
    return None


def _check_name(name: str, kind: str, line: int, problem: Problem) -> None:
    if not words.ID.fullmatch(name):
        problem(line, f'an input cannot be called "{name}": small letters, digits and _ only, a letter first')
    elif name in words.RESERVED and not (name == "period" and kind == "period"):
        problem(line, f'an input cannot be called "{name}": the word has a meaning of its own here')
    elif name in words.OPTIONS:
        problem(line, f'an input cannot be called "{name}": it would clash with the option --{name.replace("_", "-")}')


def formats_of(title: str, line: int, problem: Problem) -> tuple[str, ...]:
    """The formats after `# Deliver:`."""
    formats = tuple(part.strip() for part in title.split(","))
    for known in formats:
        if known not in words.FORMATS:
            guess = words.near(known, words.FORMATS) or f": use {', '.join(words.FORMATS)}"
            problem(line, f'unknown format "{known}"{guess}')
    if len(set(formats)) < len(formats):
        problem(line, "a format is there twice")
    return formats
