"""Prompts are files: a released one never changes, a changed word is a new version."""

import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from plan import PlanType, digest_bytes

_CURRENT: dict[PlanType, str] = {PlanType.RENEWAL_DEFENSE: "renewal_defense.v2"}
_CANARY = re.compile(r"oncourse-canary-[0-9a-f]{16}")


class Prompt(NamedTuple):
    """A prompt as released."""

    name: str
    """With its version: `renewal_defense@v1`."""
    text: str
    digest: str
    canary: str
    """A word that stands in the system text only; an answer that holds it is refused."""


@cache
def prompt_of(plan_type: PlanType) -> Prompt:
    """Return the prompt in use for a plan type."""
    stem = _CURRENT[plan_type]
    raw = files("agent").joinpath("prompts", f"{stem}.md").read_bytes()
    text = raw.decode()
    found = _CANARY.findall(text)
    return Prompt(name=stem.replace(".", "@"), text=text, digest=digest_bytes(raw), canary=found[0])
