"""The ends of a conversation that brought no plan: each is a verdict, none is a failure of ours."""

import re

from plan import NoPlanReason

_ENDS = {
    "refusal": (NoPlanReason.REFUSED, "The model declined to answer; draft this plan by hand or from the playbook."),
    "max_tokens": (NoPlanReason.CUT_OFF, "The answer was cut off; raise max_tokens or draft from the playbook."),
    "model_context_window_exceeded": (
        NoPlanReason.CUT_OFF,
        "The conversation outgrew the model; draft from the playbook.",
    ),
}
_CATEGORY = re.compile(r"[a-z][a-z_]{0,39}")
_OTHER = (NoPlanReason.UNREADABLE, "The model did not end with an answer; propose again or draft from the playbook.")


class StoppedError(Exception):
    """The conversation ended without a plan: the reason, and what a person might do."""

    def __init__(self, reason: NoPlanReason, suggestion: str) -> None:
        super().__init__(suggestion)
        self.reason, self.suggestion = reason, suggestion


def stopped_by_model(stop_reason: str | None, category: object = None) -> StoppedError:
    """Return what a stop for another reason than being done means; `category` is why a provider says it declined."""
    if stop_reason == "refusal" and isinstance(category, str) and _CATEGORY.fullmatch(category):
        told = f"The model declined to answer ({category}); draft this plan by hand or from the playbook."
        return StoppedError(NoPlanReason.REFUSED, told)
    return StoppedError(*_ENDS.get(str(stop_reason), _OTHER))


def foreign() -> StoppedError:
    """Return what it means when an endpoint does not speak the Messages API."""
    return StoppedError(
        NoPlanReason.UNREADABLE, "The endpoint does not answer as the Messages API does; check its address."
    )


def unreadable() -> StoppedError:
    """Return what it means when an answer could not be read, however often it was asked for."""
    return StoppedError(
        NoPlanReason.UNREADABLE, "The model's answer could not be read; propose again, or draft from the playbook."
    )
