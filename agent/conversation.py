"""The words on the wire: one system text for all accounts, one first message for each, then only additions."""

import json
from collections.abc import Iterable, Iterator
from datetime import timedelta
from math import ceil
from typing import Any

from agent.aliases import Aliases
from agent.briefing import earlier_data, situation_data
from agent.contract import ProposalRequest
from agent.fence import encode, fence
from agent.prompt import Prompt
from agent.spending import Spent
from plan import Rejected, spec_of

Message = dict[str, Any]
_ANEW = (
    "A reviewer sent the earlier draft back. Draft the plan anew, whole, and keep what nobody objected to. In "
    "`answers`, tell for each numbered reason in one plain line what the new draft does about it, or why it does not."
)


def system_blocks(prompt: Prompt, actions: Iterable[str]) -> list[dict[str, Any]]:
    """Return the system text: the prompt, and the approved actions; equal catalogues give equal bytes."""
    table = [action_row(action_type) for action_type in actions]
    told = f"# Approved actions\n\n{encode(table)}"
    return [
        {"type": "text", "text": prompt.text},
        {"type": "text", "text": told, "cache_control": {"type": "ephemeral"}},
    ]


def action_row(action_type: str) -> dict[str, Any]:
    """Return what a planner needs to know of one action."""
    spec = spec_of(action_type)
    rests = {name: rest.days for name, rest in spec.cooldowns if rest is not None}
    return {
        "action": spec.action_type,
        "purpose": spec.purpose,
        "risk": spec.risk.value,
        "reaches_customer": spec.external,
        "typical_days": ceil(spec.typical_duration / timedelta(days=1)),
        "needs": [f"{' or '.join(need.actions)} ended with {' or '.join(need.outcomes)}" for need in spec.requires],
        "only_where": list(spec.preconditions),
        "days_before_renewal": list(spec.window_days_to_renewal or ()),
        "rest_days": rests,
        "outcomes": list(spec.outcomes),
    }


def opening(request: ProposalRequest, names: Aliases) -> list[Message]:
    """Return the conversation so far: the situation, and each earlier answer with what the rules said to it."""
    blocks = [_text(fence("situation", situation_data(request, names)))]
    blocks += [_text(block) for block in _sent_back(request, names)]
    blocks.append(_text(f"Draft a {request.plan_type} plan for this account."))
    messages: list[Message] = [{"role": "user", "content": blocks}]
    for earlier in request.rejected:
        findings = fence("findings", [names.hide(line) for line in earlier.findings])
        ask = _text(f"The rules refused this draft.\n{findings}\nAnswer with the corrected plan, whole.")
        messages += [*_turns(earlier), {"role": "user", "content": [ask]}]
    return messages


def _sent_back(request: ProposalRequest, names: Aliases) -> Iterator[str]:
    """Yield the draft that was sent back, the numbered reasons, and what is asked; nothing where no draft was."""
    if not request.sent_back:
        return
    if request.earlier is not None:
        yield fence("earlier_draft", earlier_data(request.earlier, names))
    reasons = [
        {"reason_number": number, "reason": names.hide_people(reason)}
        for number, reason in enumerate(request.sent_back, start=1)
    ]
    yield fence("sent_back", reasons)
    yield _ANEW


def answer_of(turns: list[Message], spent: Spent) -> dict[str, Any]:
    """Return what is handed back with the findings: the turns since the model was asked, as they went over the wire.

    What they took goes with them, so that a repair pays from the same budget.
    """
    return {"turns": turns, "spent": spent.model_dump()}


def _turns(earlier: Rejected) -> list[Message]:
    turns = earlier.answer.get("turns")
    if isinstance(turns, list):
        return turns
    return [{"role": "assistant", "content": [_text(json.dumps(earlier.answer))]}]


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}
