"""Bundles that ask for more, or for less, than the one in force."""

import random
from collections.abc import Callable
from typing import Any

from gate import PolicyBundle, default_bundle

Raw = dict[str, Any]


def next_policy(drawn: random.Random) -> tuple[str, PolicyBundle]:
    """Return another bundle and whether it is tighter or looser than the default."""
    raw = default_bundle().model_dump(mode="json")
    raw["name"] = f"bundle {drawn.randint(1, 10**9)}"
    kind, changes = ("policy made tighter", _TIGHTER) if drawn.random() < 0.6 else ("policy made looser", _LOOSER)
    drawn.choice(changes)(raw)
    return kind, PolicyBundle.model_validate(raw)


def _two_people(raw: Raw) -> None:
    raw["authority"]["MEDIUM"]["persons"] = 2


def _fewer_touches(raw: Raw) -> None:
    raw["contact_caps"][0]["most"] = 1


def _fewer_steps(raw: Raw) -> None:
    raw["max_steps"] = 7


def _short_approvals(raw: Raw) -> None:
    raw["approval_ttl_hours"] = {"LOW": 24, "MEDIUM": 24, "HIGH": 24}
    raw["step_approval_ttl_hours"] = 12


def _riskier_meetings(raw: Raw) -> None:
    raw["actions"]["RENEWAL_DEFENSE"]["REQUEST_RENEWAL_MEETING"]["risk"] = "HIGH"


def _no_adoption_play(raw: Raw) -> None:
    del raw["actions"]["RENEWAL_DEFENSE"]["LAUNCH_ADOPTION_PLAY"]


def _long_lead(raw: Raw) -> None:
    raw["approval_lead_business_days"] = 8


def _long_approvals(raw: Raw) -> None:
    raw["step_approval_ttl_hours"] = 240


def _as_it_was(_raw: Raw) -> None:
    """Change nothing but the name."""


_TIGHTER: tuple[Callable[[Raw], None], ...] = (
    _two_people,
    _fewer_touches,
    _fewer_steps,
    _short_approvals,
    _riskier_meetings,
    _no_adoption_play,
)
_LOOSER: tuple[Callable[[Raw], None], ...] = (_long_lead, _long_approvals, _as_it_was)
