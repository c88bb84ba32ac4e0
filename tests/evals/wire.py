"""What a case asks over the wire, for tests that look at it."""

import json
from typing import Any

from agent import Aliases, ProposalRequest
from agent.conversation import opening

HEAD, TAIL = '<data name="situation">\n', "\n</data>"


def asked(request: ProposalRequest) -> list[str]:
    """Return the blocks of the first message."""
    (message,) = opening(request, Aliases(request.situation))
    return [block["text"] for block in message["content"]]


def told(request: ProposalRequest) -> dict[str, Any]:
    """Return the situation as the drafter reads it; fails where the fence does not close exactly once, at its end."""
    block = asked(request)[0]
    assert block.startswith(HEAD)
    assert block.endswith(TAIL)
    assert block.count("<") == 2
    inside: dict[str, Any] = json.loads(block.removeprefix(HEAD).removesuffix(TAIL))
    return inside


def leaves(value: Any, path: tuple[Any, ...] = ()) -> dict[tuple[Any, ...], Any]:
    """Return every plain value of a nested one, by the way to it."""
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list | tuple):
        parts = enumerate(value)
    else:
        return {path: value}
    return {where: leaf for key, item in parts for where, leaf in leaves(item, (*path, key)).items()}
