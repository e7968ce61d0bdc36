"""Everything before a model is thought of: the workspace, the recipe, the client, the files, and the exact price.

Nothing here sends anything or costs anything.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from orchestra_cli.engine import doubts
from orchestra_cli.engine.gathered import Gathered
from orchestra_cli.engine.inputs import gather
from orchestra_cli.engine.questions import Question, cannot_ask
from orchestra_cli.engine.request import RunRequest
from orchestra_cli.errors import InputError, MissingInputError, UsageError
from orchestra_cli.settings import Settings, find_workspace, load
from orchestra_cli.types import Material

if TYPE_CHECKING:
    from orchestra_cli.facts.pricing import PriceSheet
    from orchestra_cli.facts.report import InputLine
    from orchestra_cli.recipes.model import Recipe
    from orchestra_cli.store.clients import ClientCard
    from orchestra_cli.store.company import Company


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that is known before anything is sent. `placed` are (input id, file) in recipe order; `texts` short."""

    request: RunRequest
    workspace: Path | None
    settings: Settings
    recipe: Recipe
    client: ClientCard | None
    others: tuple[ClientCard, ...]
    company: Company | None
    placed: tuple[tuple[str, Material], ...]
    texts: Mapping[str, str]
    rates: Mapping[str, str]
    mapping: Mapping[str, str]
    report: tuple[InputLine, ...]
    sheet: PriceSheet | None
    questions: tuple[Question, ...]
    now: datetime
    notes: tuple[str, ...] = field(default=())
    gaps: tuple[str, ...] = ()
    """What nobody could read in the inputs; listed as MISSING."""

    @property
    def user(self) -> str:
        """Who runs this: ORCHESTRA_USER, else the login name."""
        return user_name()


def user_name() -> str:
    """ORCHESTRA_USER, else the login name, else "someone"."""
    given = os.environ.get("ORCHESTRA_USER")
    if given:
        return given
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # Windows without a login name, before Python 3.13: no module pwd
        return "someone"


def prepare(request: RunRequest, answers: Mapping[str, str] | None = None, now: datetime | None = None) -> Prepared:
    """Read everything that the command names. `answers` are what a person said to earlier questions.

    Raises OrchestraError for what cannot be used; a question nobody can be asked is an InputError.
    """
    from orchestra_cli.documents.look import letterhead_problems
    from orchestra_cli.recipes.load import load_recipe, unsupported

    said = dict(answers or {})
    workspace = find_workspace()
    settings = load(workspace)
    recipe = load_recipe(request.recipe, workspace)
    cannot = unsupported(recipe)
    if cannot:
        raise InputError(
            f"{recipe.file}: this version cannot run all of it.\n" + "\n".join(cannot), "Nothing was sent."
        )
    _known_parts(request, recipe, settings)
    questions: list[Question] = []
    client, others = _client(request, recipe, workspace, said, questions)
    gathered = gather(request, recipe, settings, workspace, client, said)
    questions += [Question(key, text, choices) for key, text, choices in gathered.unclear]
    _no_other_client(gathered, client, others)
    rates = _rates(gathered, settings, request.sets, said)
    moment = now or datetime.now().astimezone()
    sheet = _price(recipe, gathered, rates, settings, moment)
    doubts.some_price(sheet, gathered.placed)
    questions += _rate_questions(sheet)
    unread = doubts.unread_pages(gathered.placed)
    if unread and not doubts.accepted(request.sets, said):
        questions.append(Question(doubts.SCANS, doubts.scans_question(unread), (doubts.GO_ON, doubts.STOP)))
    company = _company(workspace)
    prepared = Prepared(
        request=request,
        workspace=workspace,
        settings=settings,
        recipe=recipe,
        client=client,
        others=others,
        company=company,
        placed=gathered.placed,
        texts=gathered.texts,
        rates=rates,
        mapping=gathered.mapping,
        report=_report(gathered, sheet, moment, settings.language),
        sheet=sheet,
        questions=tuple(questions),
        now=moment,
        gaps=tuple(f"{pages}: pictures without text" for pages in unread),
        notes=(*gathered.notes, *(letterhead_problems(company.letterhead) if company else ())),
    )
    _required(prepared, gathered)
    if questions and not request.interactive:
        raise cannot_ask(questions[0])
    return prepared


def _known_parts(request: RunRequest, recipe: Recipe, settings: Settings) -> None:
    """Raise UsageError for a `--model` that names neither a step of this recipe nor a role."""
    import difflib

    from orchestra_cli.recipes.words import ROLES

    steps = [step.id for step in recipe.steps if step.kind != "do"]
    known = list(dict.fromkeys([*steps, *(step.role for step in recipe.steps if step.role), *ROLES, *settings.roles]))
    for name, model in request.models.items():
        if name in known:
            continue
        near = difflib.get_close_matches(name, known, 1)
        hint = f" Did you mean --model {near[0]}={model}?" if near else f" Its steps are {', '.join(steps)}."
        raise UsageError(f'"{recipe.name}" has no step or role "{name}".{hint}', "Nothing was sent.")


def _client(
    request: RunRequest, recipe: Recipe, workspace: Path | None, said: Mapping[str, str], questions: list[Question]
) -> tuple[ClientCard | None, tuple[ClientCard, ...]]:
    from orchestra_cli.store.clients import list_clients, load_client

    wanted = request.client or said.get("client", "")
    if workspace is None:
        if wanted:
            raise InputError(
                f'There is no workspace here, so no client "{wanted}".',
                "orchestra init  makes one in this folder. Nothing was sent.",
            )
        return None, ()
    cards = list_clients(workspace)
    if not wanted and _uses_client(recipe):
        if len(cards) == 1:
            wanted = cards[0].name
        elif cards:
            choices = tuple(card.name for card in cards)
            questions.append(Question("client", f'"{recipe.name}" is for one client. Which?', choices))
    if not wanted:
        return None, tuple(cards)
    card = load_client(workspace, wanted)
    return card, tuple(other for other in cards if other.name != card.name)


def _uses_client(recipe: Recipe) -> bool:
    from orchestra_cli.recipes.places import places_in

    texts = [recipe.preamble, *(step.body for step in recipe.steps), recipe.deliver.text if recipe.deliver else ""]
    read = any(one.id == "client" for step in recipe.steps for one in step.reads)
    return read or any(place.id == "client" for text in texts for place in places_in(text))


def _no_other_client(gathered: Gathered, client: ClientCard | None, others: tuple[ClientCard, ...]) -> None:
    """A file that names another known client, and never this one, stops the run before anything is paid."""
    from orchestra_cli.store.clients import other_clients_in

    if client is None:
        return
    for _, material in gathered.placed:
        text = material.text + "\n".join(" ".join(row) for table in material.tables for row in table.rows)
        found = other_clients_in(text, list(others), client)
        folder = Path(material.path).parent.name
        foreign = next((card for card in others if card.name == folder), None) or (found[0][0] if found else None)
        if foreign is None:
            continue
        own = [client.title, client.name, *client.aliases]
        if any(name and name.casefold() in text.casefold() for name in own):
            continue
        words = f'names "{found[0][1]}"' if found else f"lies in the folder of {foreign.name}"
        raise InputError(
            f"{material.name} {words}, the client is {client.name} ({', '.join(own[:1] + own[2:])}). Nothing was sent.",
            f"--client {foreign.name}?  Or add the name to the aliases in {client.folder / 'client.md'}.",
        )


def _rates(gathered: Gathered, settings: Settings, sets: Mapping[str, str], said: Mapping[str, str]) -> dict[str, str]:
    """The mark-ups: of the settings, then of a page of rates, then of `--set`, then what a person answered."""
    from orchestra_cli.facts.placing import settings_lines

    rates = dict(settings.pricing)
    for slot, material in gathered.placed:
        if slot == gathered.settings_slot:
            rates = _over(rates, settings_lines(material.text))
    mine = {name: value for name, value in sets.items() if name not in gathered.mapping and name != doubts.SCANS}
    rates = _over(rates, mine)
    return _over(rates, {key.removeprefix("rates."): text for key, text in said.items() if key.startswith("rates.")})


def _over(rates: Mapping[str, str], later: Mapping[str, str]) -> dict[str, str]:
    """The later word on a rate holds, whatever either of them calls it ("tax", "VAT")."""
    from orchestra_cli.facts.rates import rate_name

    said = {rate_name(name) or name for name in later}
    return {**{name: value for name, value in rates.items() if (rate_name(name) or name) not in said}, **later}


def _price(
    recipe: Recipe, gathered: Gathered, rates: Mapping[str, str], settings: Settings, now: datetime
) -> PriceSheet | None:
    if not any(step.action == "price_table" for step in recipe.steps):
        return None
    from orchestra_cli.engine.actions import price_job

    return price_job(gathered.placed, rates, gathered.mapping, settings.currency, settings.language, now.date())


def _rate_questions(sheet: PriceSheet | None) -> list[Question]:
    if sheet is None:
        return []
    why = "Without it the total would be cost, not a price."
    return [Question(f"rates.{name}", f"{name.capitalize()} %?", (), why) for name in sheet.missing_rates]


def _company(workspace: Path | None) -> Company | None:
    from orchestra_cli.store.company import load_company

    return load_company(workspace) if workspace else None


def _report(gathered: Gathered, sheet: PriceSheet | None, now: datetime, language: str) -> tuple[InputLine, ...]:
    from orchestra_cli.facts.report import input_report

    return input_report(gathered.placed, sheet, now.date(), gathered.mapping, language)


def _required(prepared: Prepared, gathered: Gathered) -> None:
    """Every input that is not optional must be there, and priced steps need nothing."""
    have = {slot for slot, _ in prepared.placed} | set(prepared.texts)
    unclear = {choice for _, _, choices in gathered.unclear for choice in choices}
    unclear |= {key.removeprefix("which:") for key, _, _ in gathered.unclear}
    for spec in prepared.recipe.inputs:
        if spec.optional or spec.id in have or spec.id in unclear:
            continue
        if (
            prepared.request.stdin is not None
            and not prepared.request.stdin.strip()
            and not prepared.request.allow_empty
        ):
            raise InputError(
                "Nothing arrived on standard input. Did the command before the pipe fail?",
                "--allow-empty if that is normal.",
            )
        where = f" Looked in clients/{prepared.client.name}/ and the workspace." if prepared.client else ""
        raise MissingInputError(
            f'"{prepared.recipe.name}" needs {spec.id}: {spec.hint or spec.type}.{where}',
            f"orchestra {prepared.recipe.name} --{spec.id} FILE. Nothing was sent.",
        )
