"""Plays a Call with the embedded models. What is asked decides how: fields, a review, prose, or a plain question.

The work is a generator of pieces, computed in threads so that the event loop stays live; nothing here knows a recipe.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from orchestra_cli.models.embedded import llama
from orchestra_cli.models.embedded.connect import Connector
from orchestra_cli.models.embedded.fields import FieldPlayer
from orchestra_cli.models.embedded.judge import Embed, Judge
from orchestra_cli.models.embedded.llama import Writer, available
from orchestra_cli.models.embedded.material import material_of
from orchestra_cli.models.embedded.prose import Composer
from orchestra_cli.models.embedded.redo import is_redo, redo
from orchestra_cli.models.embedded.review import is_review, review
from orchestra_cli.types import Answer, Call, CallFailed, Json, Usage

__all__ = ["ask", "available", "play"]
PROVIDER = "embedded"
_DONE = object()


async def ask(
    call: Call,
    on_delta: Callable[[str], None],
    *,
    model_file: Path,
    seed: int = 0,
    writer: Writer | None = None,
    embed: Embed | None = None,
) -> Answer:
    """The answer of the embedded models; text arrives through `on_delta` (called on the event loop) piece by piece.

    The same call gets the same answer. `writer` and `embed` stand in for the real models. Raises CallFailed, and
    NoModelError when the extra `local` or the model file is missing.
    """
    if writer is None and not available():
        raise llama.need_extra()
    from orchestra_cli.models.embedded.minilm import embed as minilm

    playing = play(call, writer or llama.shared(model_file, seed), Judge(embed or minilm))
    pieces: list[str] = []
    data: Json = None
    used = Usage(0, 0)
    while True:
        piece: Any = await asyncio.to_thread(next, playing, _DONE)
        if piece is _DONE:
            break
        if isinstance(piece, str):
            pieces.append(piece)
            on_delta(piece)
        elif isinstance(piece, Usage):
            used = used + piece
        else:
            data = piece
    text = "".join(pieces).strip()
    if not text:
        raise CallFailed("invalid", "the small model wrote nothing", provider=PROVIDER)
    return Answer(text, used, f"{PROVIDER}/{model_file.stem}", PROVIDER, data=data)


def play(call: Call, writer: Writer | None, judge: Judge) -> Iterator[Any]:
    """Yields texts (pieces of the answer), at most one dict (its data), and a Usage. Blocking. Raises CallFailed."""
    read = _tokens("\n".join([call.system, *(part.text for part in call.parts), call.task]))
    written = 0
    connector = Connector(writer, judge)
    for piece in _pieces(call, judge, connector):
        if isinstance(piece, str):
            written += _tokens(piece)
        yield piece
    extra = connector.usage
    yield Usage(read + (extra.input or 0), max(written, extra.output or 0))


def _tokens(text: str) -> int:
    return len(text.split()) * 4 // 3


def _pieces(call: Call, judge: Judge, connector: Connector) -> Iterator[Any]:
    if call.returns is not None:
        data = review(call, judge) if is_review(call) else FieldPlayer(call, material_of(call), judge).play()
        yield json.dumps(data, ensure_ascii=False)
        yield data
    elif not call.parts:
        yield _plain_answer(call, connector)
    elif is_redo(call):
        yield redo(call, judge)
    else:
        yield from Composer(call, material_of(call), judge, connector).sections()


def _plain_answer(call: Call, connector: Connector) -> str:
    """A question without material: the small language model answers by itself."""
    if connector.writer is None:
        raise CallFailed("invalid", "no language model is there to answer", provider=PROVIDER)
    written = connector.writer.write(call.system, call.task, max_tokens=min(call.max_output_tokens, 400))
    connector.usage = connector.usage + written.usage
    if not written.whole and call.max_output_tokens > 400:
        return written.text.rsplit(" ", 1)[0]
    return written.text
