"""Trivial agents: what a scorer lets them pass, it lets anybody pass."""

from collections.abc import Callable

from evals.agents.constant import Outcome, cite_everything, constructor, decline, every_action, template
from evals.agents.drawn import gate_valid, random_plan
from evals.cases import Case

Agent = Callable[[Case], Outcome]

CONSTANT: dict[str, Agent] = {"template": template, "every action": every_action, "cite everything": cite_everything}
"""One and the same plan for all."""
DRAWN: dict[str, Callable[[Case, int], Outcome]] = {"random": random_plan, "gate-valid random": gate_valid}

__all__ = ["CONSTANT", "DRAWN", "Agent", "Outcome", "constructor", "decline"]
