"""The options that several commands share, each written once."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from orchestra_cli.recipes.model import InputSpec, Recipe

OUTPUTS = "A file; its ending says the format: .docx .pdf .html .md; - is standard output. Repeatable."
FILES_HELP = "Files in any order, or - for standard input."
WHO_PLAYS = "Who plays a step or a role. Repeatable."
Json = Annotated[bool, typer.Option("--json", help="Exactly one JSON value on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Nothing on standard error when all is well.")]
Yes = Annotated[bool, typer.Option("--yes", help="Answer approve gates; recorded as unattended.")]
NoInput = Annotated[bool, typer.Option("--no-input", help="Never ask.")]
Budget = Annotated[str | None, typer.Option("--budget", metavar="USD", help="Never spend more, in US dollars.")]
Models = Annotated[list[str], typer.Option("--model", metavar="STEP|ROLE=MODEL", help=WHO_PLAYS)]
HandOff = Annotated[str, typer.Option("--handoff", metavar="auto|manual|paste|files", help="How steps hand over.")]


def new_app(help: str = "", **settings: Any) -> typer.Typer:  # noqa: A002  Typer's own word
    """A Typer app in our way: plain help, no completion options, no exception printing of its own."""
    return typer.Typer(
        help=help, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, **settings
    )


def example(*lines: str) -> str:
    """A worked example for the end of a help page."""
    return "\n\n".join(["\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)])


def _option(name: str, kind: Any, default: Any, *flags: str, **more: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=typer.Option(default, *flags, **more), annotation=kind
    )


def _flag(name: str, flag: str, text: str) -> inspect.Parameter:
    return _option(name, bool, False, flag, help=text)


def common() -> list[inspect.Parameter]:
    """The options of every recipe command."""
    return [
        _option("client", str, "", "--client", metavar="NAME", help="Whom the job is for: a folder of clients/."),
        _option("outputs", list[str], [], "-o", "--output", metavar="PATH", help=OUTPUTS),
        _flag("estimate", "--estimate", "Show who would play and what it would cost; send nothing."),
        _flag("yes", "--yes", "Answer approve gates; recorded as unattended."),
        _option("handoff", str, "auto", "--handoff", metavar="auto|manual|paste|files", help="How steps hand over."),
        _option("budget", str | None, None, "--budget", metavar="USD", help="Never spend more, in US dollars."),
        _option("models", list[str], [], "--model", metavar="STEP|ROLE=MODEL", help=WHO_PLAYS),
        _option("tier", str, "", "--tier", metavar="economy|balanced|best", help="Cheaper or better models."),
        _flag("local", "--local", "Only models on this computer."),
        _option("privacy", str, "", "--privacy", metavar="strict|standard|off", help="May only tighten what is set."),
        _flag("go_on", "--continue", "Go on with the unfinished run of the same job, else start one."),
        _option("reuse", str, "", "--reuse", metavar="RUN", help="Take equal answers from that run."),
        _option("sets", list[str], [], "--set", metavar="NAME=VALUE", help="A setting for this run. Repeatable."),
        _option("deadline", str | None, None, "--deadline", metavar="TIME", help="Save and stop after 90s, 10m, 1h."),
        _option("relay", str, "", "--relay", metavar="DIR", help="The folder for --handoff paste and files."),
        _option("model_file", str, "", "--model-file", metavar="PATH", help="A GGUF file for the embedded model."),
        _flag("force", "--force", "Write over files that exist."),
        _flag("allow_empty", "--allow-empty", "Empty standard input is no mistake."),
        _flag("no_input", "--no-input", "Never ask."),
        _flag("json", "--json", "Exactly one JSON object on standard output."),
        _flag("quiet", "--quiet", "Nothing on standard error when all is well."),
    ]  # fmt: skip


def signature(recipe: Recipe) -> inspect.Signature:
    """The signature of a recipe's command: its files, one option an input (as `input_ID`), the common options."""
    words = inspect.Parameter(
        "words",
        inspect.Parameter.KEYWORD_ONLY,
        default=typer.Argument(None, metavar="[FILES]...", help=FILES_HELP, show_default=False),
        annotation=list[str],
    )  # fmt: skip
    return inspect.Signature([words, *(_input(spec) for spec in recipe.inputs), *common()])


def _input(spec: InputSpec) -> inspect.Parameter:
    dashed = spec.id.replace("_", "-")
    flags = [f"--{dashed}"] if dashed == spec.id else [f"--{dashed}", f"--{spec.id}"]
    hint = (
        spec.hint + (f" ({', '.join(spec.choices)})" if spec.choices else "") + ("" if spec.optional else " [needed]")
    )
    metavar = "TEXT" if spec.type in ("text", "choice", "number", "date", "period") else "FILE"
    return _option(f"input_{spec.id}", list[str], [], *flags, metavar=metavar, help=hint.strip(), show_default=False)
