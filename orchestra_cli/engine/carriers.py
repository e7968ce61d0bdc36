"""The person with a chat window of their own, as a provider: it costs nothing and is audited like every other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestra_cli.models.providers import Provider


def carrier(name: str) -> Provider:
    """The provider `paste` or `files`."""
    from orchestra_cli.models.providers import Provider

    return Provider(
        name=name, dialect="person", base_url="", vendor="you", region="", on_computer=False, needs_key=False
    )
