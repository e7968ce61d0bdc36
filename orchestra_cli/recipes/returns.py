"""The block under `returns` and the field grammar: `kind: a | b, optional`, lists, groups and nested blocks."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from orchestra_cli.recipes import words
from orchestra_cli.recipes.lines import RawLine
from orchestra_cli.types import Field

_MEMBER = re.compile(r"([A-Za-z][A-Za-z0-9_ -]*?)\s*:(?:\s+(.*)|)")
_LIMIT = re.compile(r"(?:max (?P<words>\d{1,6}) words?|at most (?P<most>\d{1,6}))")
_QUOTE = re.compile(r"quote\s+from\s+([a-z][a-z0-9_]*)")

DEEPEST = 40
"""Spaces of indentation; deeper blocks are refused."""
Problem = Callable[[int, str], None]


def parse_returns(block: tuple[RawLine, ...], problem: Problem) -> Field | None:
    """The field tree of a `returns` block, root id "". None when it is empty or broken (then `problem` was called)."""
    for line in block:
        if line.indent > DEEPEST:
            problem(line.line, f"a block within more than {DEEPEST // 2} others: make it simpler")
            return None
    return _block(list(block), "", problem) if block else None


def _block(lines: list[RawLine], name: str, problem: Problem) -> Field | None:
    indent = lines[0].indent
    for line in lines:
        if line.indent < indent:
            problem(line.line, "this line is indented less than the first line of its block")
            return None
    if lines[0].text == "-" or lines[0].text.startswith("- "):
        return _list(lines, name, problem)
    members = _members(lines, problem)
    return Field(name, "group", fields=members) if members is not None else None


def _list(lines: list[RawLine], name: str, problem: Problem) -> Field | None:
    first, *rest = lines
    text = first.text[1:].strip()
    for line in rest:
        if line.text.startswith("- ") and line.indent == first.indent:
            problem(line.line, 'a list is described once: one "- " line, its other members indented below it')
            return None
    if _MEMBER.fullmatch(text):
        inner = [RawLine(text, first.indent + 2, first.line), *rest]
        members = _members(inner, problem, heads_list=True)
        if members is None:
            return None
        head, most = _taken_limit(members[0])
        return Field(name, "list", at_most=most, fields=(Field("", "group", fields=(head, *members[1:])),))
    if rest:
        problem(rest[0].line, 'members need names: write "- name: type" and the others below it')
        return None
    item = parse_field("", text, first.line, problem)
    if item is None:
        return None
    return Field(name, "list", at_most=item.at_most, fields=(replace(item, at_most=None),))


def _limits(field: Field) -> bool:
    return field.kind in ("number", "money", "list")


def _taken_limit(head: Field) -> tuple[Field, int | None]:
    if _limits(head):
        return head, None
    return replace(head, at_most=None), head.at_most


def _members(lines: list[RawLine], problem: Problem, *, heads_list: bool = False) -> tuple[Field, ...] | None:
    indent = lines[0].indent
    members: list[Field] = []
    broken = False
    position = 0
    while position < len(lines):
        line = lines[position]
        position += 1
        deeper: list[RawLine] = []
        while position < len(lines) and lines[position].indent > indent:
            deeper.append(lines[position])
            position += 1
        member = _member(line, indent, deeper, problem)
        if member is None:
            broken = True
        elif member.id in {known.id for known in members}:
            problem(line.line, f'the field "{member.id}" is there twice')
            broken = True
        elif member.at_most is not None and not _limits(member) and (members or not heads_list):
            problem(line.line, f'"at most" limits a list or a number; "{member.id}" is neither')
            broken = True
        else:
            members.append(member)
    return None if broken else tuple(members)


def _member(line: RawLine, indent: int, deeper: list[RawLine], problem: Problem) -> Field | None:
    match = _MEMBER.fullmatch(line.text)
    if match is None or line.indent != indent:
        problem(line.line, f'"{line.text}" is no field: write "name: type", all names of a group in one column')
        return None
    name, text = match[1], (match[2] or "").strip()
    if not words.ID.fullmatch(name) or name == "id":
        why = "code numbers the items itself" if name == "id" else "small letters, digits and _ only"
        problem(line.line, f'a field cannot be called "{name}": {why}')
        return None
    if deeper and text:
        problem(deeper[0].line, f'"{name}" has a type and a block below it: keep one of them')
        return None
    if deeper:
        return _block(deeper, name, problem)
    return parse_field(name, text, line.line, problem)


def parse_field(name: str, text: str, line: int, problem: Problem) -> Field | None:
    """One field such as `quote from brief, optional` or `a | b | c`. None when broken (then `problem` was called)."""
    kind, *modifiers = (part.strip() for part in text.split(","))
    field = _kind(name, kind, line, problem)
    for modifier in modifiers:
        if field is not None:
            field = _modified(field, modifier, line, problem)
    return field


def _kind(name: str, kind: str, line: int, problem: Problem) -> Field | None:
    shown = f'"{name}"' if name else "the list"
    if "|" in kind:
        choices = tuple(" ".join(choice.split()) for choice in kind.split("|"))
        if not all(choices) or len({choice.casefold() for choice in choices}) < len(choices):
            problem(line, f"the choices of {shown} must differ, and none may be empty")
            return None
        return Field(name, "choice", choices=choices)
    quote = _QUOTE.fullmatch(kind)
    if quote:
        return Field(name, "quote", of=quote[1])
    for known in words.FIELD_KINDS:
        if kind == known:
            return Field(name, known)  # type: ignore[arg-type]
    if kind.startswith("quote"):
        problem(line, f'{shown}: write "quote from" and the name of an input or step')
    else:
        known_kinds = (*words.FIELD_KINDS, "quote from ...", "a | b")
        guess = words.near(kind, words.FIELD_KINDS) or f"; use one of: {', '.join(known_kinds)}"
        problem(line, f'unknown field type "{kind}" of {shown}{guess}')
    return None


def _modified(field: Field, modifier: str, line: int, problem: Problem) -> Field | None:
    limit = _LIMIT.fullmatch(modifier)
    if modifier == "optional":
        return replace(field, optional=True)
    if limit and limit["words"]:
        return replace(field, max_words=int(limit["words"]))
    if limit:
        return replace(field, at_most=int(limit["most"]))
    guess = words.near(modifier, ("optional",)) or '; use optional, "max 20 words" or "at most 5"'
    problem(line, f'"{modifier}" says nothing about a field{guess}')
    return None
