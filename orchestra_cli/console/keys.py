"""The dialogue around keys: typed hidden, stored, read back, tried out; listed by source and last four characters."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from orchestra_cli.console.screen import Screen
from orchestra_cli.console.words import columns, one_line
from orchestra_cli.errors import InputError, KeyMissingError, UsageError

if TYPE_CHECKING:
    from orchestra_cli.console.probe import Probe
    from orchestra_cli.models.providers import Provider
    from orchestra_cli.store.keys import Key


def known_providers() -> dict[str, Provider]:
    """Every provider of this workspace and of the package."""
    from orchestra_cli.models.providers import known
    from orchestra_cli.settings import find_workspace, load

    return known(load(find_workspace()), os.environ)


def the_provider(name: str) -> Provider:
    """One provider by name. Raises UsageError with near names."""
    import difflib

    providers = known_providers()
    if name in providers:
        return providers[name]
    near = difflib.get_close_matches(name, list(providers), 2)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    some = ", ".join(each for each, provider in providers.items() if provider.needs_key)
    raise UsageError(
        f'There is no provider "{name}".{hint} Known: {some}.',
        f"Your own server: a section [providers.{name}] with base_url in orchestra.toml.",
    )


def list_keys(screen: Screen) -> int:
    """Each provider with a key: source and last four characters, never more."""
    from orchestra_cli.store.keys import keyring_problem
    from orchestra_cli.store.keys import list_keys as stored

    providers = known_providers()
    with_keys = {name: each for name, each in providers.items() if each.needs_key or each.env_names}
    infos = stored(
        {name: each.env_names for name, each in with_keys.items()},
        {name: each.key_command for name, each in with_keys.items()},
    )
    rows = [{"provider": info.provider, "source": info.source, "last4": info.last4} for info in infos]
    if screen.json:
        screen.out_json(rows)
    elif rows:
        table = [("provider", "source", "ends in"), *((i.provider, i.source, f"...{i.last4}") for i in infos)]
        screen.out("\n".join(columns(table)))
    else:
        screen.say("No keys. orchestra keys set openai  stores one; or set OPENAI_API_KEY.")
    problem = keyring_problem()
    if problem and not screen.json:
        screen.say(f"The keyring cannot be used here: {one_line(problem)}.")
    return 0


def set_key(screen: Screen, provider: str, *, plaintext: bool, untested: bool) -> int:
    """Store a key and try it out. Exit 3 when the vendor rejects it; it is stored all the same, and said."""
    from orchestra_cli.store.keys import store_key

    found = the_provider(provider)
    value = _typed_key(screen, provider)
    key = store_key(provider, value, plaintext=plaintext)
    screen.say(f"Saved in {key.source}, read back: ends in ...{key.last4}", *(one_line(note) for note in key.notes))
    _shadowed(screen, found, key)
    result = None if untested else _tried(found, key.value, key.last4)
    if screen.json:
        tested = result.state if result else "untested"
        screen.out_json({"provider": provider, "source": key.source, "last4": key.last4, "tested": tested})
    elif result is not None:
        tried = "Not tested" if result.state == "unreachable" else "Tested"
        screen.say(f"{tried}: {one_line(result.words).rstrip('.')}.")
        if result.state == "works":
            screen.say("Next: orchestra models list  shows who can play now.")
    if result is not None and result.state == "rejected":
        screen.say(f"Copy the key again from the vendor's page, then: orchestra keys set {provider}")
        return 3
    return 0


def _tried(provider: Provider, value: str, last4: str) -> Probe:
    from orchestra_cli.console.probe import probe

    return probe(provider, value, last4)


def _shadowed(screen: Screen, provider: Provider, key: Key) -> None:
    name = next((name for name in provider.env_names if os.environ.get(name, "").strip()), "")
    if name and key.source != name:
        screen.say(f"Note: {name} is set in this shell and goes first; the stored key is used where it is not set.")


def _typed_key(screen: Screen, provider: str) -> str:
    """From the terminal, hidden; or from standard input when something is piped in."""
    if not sys.stdin.isatty():
        piped = sys.stdin.buffer.read(20_000).decode("utf-8-sig", errors="replace").strip()
        if piped:
            return piped
    if screen.terminal is None:
        raise UsageError(
            "No key arrived on standard input, and there is no terminal to type it on.",
            f"pass show {provider} | orchestra keys set {provider}",
        )
    try:
        typed = screen.terminal.hidden(f"Key for {provider} (hidden):")
    except EOFError:
        typed = ""
    if not typed:
        raise InputError("No key was typed; nothing was stored.", f"orchestra keys set {provider}")
    return typed


def delete_key(screen: Screen, provider: str) -> int:
    """Delete a key and say what only the user can still do."""
    from orchestra_cli.store.keys import delete_key as delete

    found = the_provider(provider)
    said = delete(provider)
    if screen.json:
        screen.out_json({"provider": provider, "deleted": said})
    else:
        screen.say(one_line(said), "The vendor still knows the key: revoke it on the vendor's page if it leaked.")
        still = next((name for name in found.env_names if os.environ.get(name, "").strip()), "")
        if still:
            screen.say(f"{still} is still set in this shell, so that key stays in use here.")
    return 0


def try_keys(screen: Screen, provider: str, *, keyless: bool = False) -> int:
    """Try one provider, or all that can be asked. Exit 3 when none of them works."""
    from orchestra_cli.console.probe import probe
    from orchestra_cli.store.keys import find_key

    wanted = [the_provider(provider)] if provider else list(known_providers().values())
    probes: list[Probe] = []
    for each in wanted:
        key = (
            find_key(each.name, each.env_names, each.key_command, quiet=not provider)
            if each.env_names or each.needs_key
            else None
        )
        if key is None and each.needs_key:
            if provider:
                raise _no_key(each)
            continue
        if not provider and not each.needs_key and not keyless:
            continue
        probes.append(probe(each, key.value if key else "", key.last4 if key else ""))
    return _say_probes(screen, probes)


def _no_key(provider: Provider) -> KeyMissingError:
    from orchestra_cli.store.keys import looked_in

    return KeyMissingError(
        f"No key for {provider.name}. {looked_in(provider.name, provider.env_names, provider.key_command)}",
        f"orchestra keys set {provider.name}",
        provider=provider.name,
    )


def _say_probes(screen: Screen, probes: list[Probe]) -> int:
    works = any(one.state == "works" for one in probes)
    if screen.json:
        names = ("provider", "state", "words")
        screen.out_json([{name: getattr(one, name) for name in names} | {"models": len(one.models)} for one in probes])
    elif probes:
        screen.out("\n".join(columns([(one.provider, one.words) for one in probes])))
    if not works:
        screen.insist("No provider works now. orchestra keys set openai  stores a key; orchestra doctor  says more.")
    return 0 if works else 3
