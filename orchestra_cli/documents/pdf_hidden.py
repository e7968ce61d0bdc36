"""Which text of a PDF page a reader can see: white on white, tiny and invisible text is left out and counted.

Text on a dark table head is white too, so white counts as hidden only where nothing was painted beneath it. Text
drawn invisibly over pictures is what text recognition leaves behind, and stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pypdf import PageObject

_TINY_PT = 1.5
_WHITE = 0.97
_PAINT = {b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*"}
_MOST_SHAPES = 2_000
Box = tuple[float, float, float, float]


def visible_text(page: PageObject) -> tuple[str, int]:
    """The text a reader sees, and the number of characters left out."""
    watch = _Watch()
    text = page.extract_text(visitor_operand_before=watch.operand, visitor_text=watch.text)
    if not watch.hidden:
        return text, 0
    return "".join(watch.parts), watch.hidden


class _Watch:
    """Follows the painting of a page: fill colour, drawn shapes, and for each piece of text whether it shows."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.hidden = 0
        self._white = False
        self._invisible = False
        self._saved: list[tuple[bool, bool]] = []
        self._path: list[tuple[float, float]] = []
        self._shapes: list[Box] = []
        self._shown: list[bool] = []

    def operand(self, operator: bytes, operands: Sequence[Any], cm: Sequence[float], tm: Sequence[float]) -> None:
        """Called before each drawing operation."""
        match operator:
            case b"q":
                self._saved.append((self._white, self._invisible))
            case b"Q" if self._saved:
                self._white, self._invisible = self._saved.pop()
            case b"g" | b"rg" | b"k" | b"sc" | b"scn":
                self._white = _is_white(operator, operands)
            case b"cs":
                self._white = False
            case b"Tr" if operands:
                self._invisible = operands[0] == 3
            case b"re" | b"m" | b"l" | b"c" | b"v" | b"y":
                self._path += _points(operator, operands, cm)
            case b"Do" | b"sh":
                self._shapes.append(_box([_at(cm, x, y) for x in (0.0, 1.0) for y in (0.0, 1.0)]) or (0, 0, 0, 0))
            case b"Tj" | b"TJ" | b"'" | b'"':
                self._shown.append(self._shows(cm, tm))
            case _:
                self._end_path(operator)

    def text(self, text: str, cm: Sequence[float], tm: Sequence[float], font: Any, size: float) -> None:  # noqa: ARG002
        """Called with each finished piece of text."""
        scale = abs(tm[3] * cm[3]) or abs(tm[1] * cm[1]) or abs(tm[2] * cm[1]) or 1.0
        tiny = 0 < size * scale < _TINY_PT
        words = text.strip()
        if words and (tiny or (self._shown and not any(self._shown))):
            self.hidden += len(words)
            text = "\n" if "\n" in text else ""
        if words:
            self._shown.clear()
        self.parts.append(text)

    def _end_path(self, operator: bytes) -> None:
        if operator in _PAINT and not self._white and len(self._shapes) < _MOST_SHAPES:
            box = _box(self._path)
            if box:
                self._shapes.append(box)
        if operator in _PAINT or operator in {b"S", b"s", b"n"}:
            self._path = []

    def _shows(self, cm: Sequence[float], tm: Sequence[float]) -> bool:
        if not self._white and not self._invisible:
            return True
        x, y = _at(cm, tm[4], tm[5])
        return any(left - 1 <= x <= right + 1 and low - 3 <= y <= high + 3 for left, low, right, high in self._shapes)


def _is_white(operator: bytes, operands: Sequence[Any]) -> bool:
    numbers = [float(value) for value in operands if isinstance(value, int | float)]
    if not numbers:
        return False
    cmyk = operator == b"k" or len(numbers) == 4
    return all(value <= 1 - _WHITE if cmyk else value >= _WHITE for value in numbers)


def _points(operator: bytes, operands: Sequence[Any], cm: Sequence[float]) -> list[tuple[float, float]]:
    numbers = [float(value) for value in operands]
    if operator == b"re" and len(numbers) == 4:
        x, y, width, height = numbers
        return [_at(cm, x, y), _at(cm, x + width, y + height)]
    return [_at(cm, x, y) for x, y in zip(numbers[::2], numbers[1::2], strict=False)]


def _at(cm: Sequence[float], x: float, y: float) -> tuple[float, float]:
    return cm[0] * x + cm[2] * y + cm[4], cm[1] * x + cm[3] * y + cm[5]


def _box(points: Sequence[tuple[float, float]]) -> Box | None:
    if not points:
        return None
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)
