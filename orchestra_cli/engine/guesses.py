"""How long answers that nobody has written yet are likely to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestra_cli.engine.prepare import Prepared

if TYPE_CHECKING:
    from orchestra_cli.recipes.model import Step


LIKELY_FIELD_WORDS = 450


LIKELY_PROSE_WORDS = 700


def unknown_words(prepared: Prepared, step: Step) -> int:
    """Words of earlier answers that this step will read, as far as one can guess."""
    models = {one.id: one for one in prepared.recipe.steps if one.kind != "do"}
    names = {read.id for read in (*step.reads, *step.against)} | {step.review, step.answers, step.each}
    return sum(models[name].max_words or likely_words(models[name]) for name in names if name in models)


def likely_words(step: Step) -> int:
    """How many words a step is likely to answer with."""
    if step.kind == "review":
        return 120
    return step.max_words or (LIKELY_FIELD_WORDS if step.returns else LIKELY_PROSE_WORDS)
