"""WordPiece as BERT does it (uncased): text to token ids, from a list of word pieces.

The list, `minilm_vocab.txt`, is that of bert-base-uncased (Apache-2.0), the one MiniLM was trained with; a line is a
piece, its number (from 0) the id.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

VOCABULARY = Path(__file__).with_name("minilm_vocab.txt")
_LONGEST_WORD = 100
_CJK = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2EBEF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F))


@cache
def vocabulary() -> Mapping[str, int]:
    """Word piece to id; pieces inside a word begin with `##`."""
    return {piece: number for number, piece in enumerate(VOCABULARY.read_text(encoding="utf-8").splitlines())}


def encode(text: str, longest: int = 128) -> list[int]:
    """Token ids with [CLS] in front and [SEP] at the end, cut to `longest` ids."""
    pieces = vocabulary()
    ids: list[int] = []
    for word in words(text):
        if len(ids) >= longest - 2:
            break
        ids += _pieces(word, pieces)
    return [pieces["[CLS]"], *ids[: longest - 2], pieces["[SEP]"]]


def words(text: str) -> list[str]:
    """Lower-case words without accents; each punctuation mark and each CJK character stands alone."""
    spaced: list[str] = []
    for char in text:
        if char.isspace():
            spaced.append(" ")
        elif unicodedata.category(char).startswith("C") or char == "\ufffd":
            continue
        elif _alone(char):
            spaced.append(f" {char} ")
        else:
            spaced.append(char)
    plain = unicodedata.normalize("NFD", "".join(spaced).lower())
    return "".join(char for char in plain if unicodedata.category(char) != "Mn").split()


def _alone(char: str) -> bool:
    code = ord(char)
    ascii_mark = 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126
    cjk = code >= 0x3400 and any(low <= code <= high for low, high in _CJK)
    return ascii_mark or cjk or unicodedata.category(char).startswith("P")


def _pieces(word: str, pieces: Mapping[str, int]) -> list[int]:
    """The longest known pieces from the left; one [UNK] when there is a rest that no piece fits."""
    unknown = [pieces["[UNK]"]]
    if len(word) > _LONGEST_WORD:
        return unknown
    found: list[int] = []
    start = 0
    while start < len(word):
        lead = "##" if start else ""
        end = next((e for e in range(len(word), start, -1) if lead + word[start:e] in pieces), 0)
        if not end:
            return unknown
        found.append(pieces[lead + word[start:end]])
        start = end
    return found
