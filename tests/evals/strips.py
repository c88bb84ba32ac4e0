"""A small reader of STRIPS: a plan as steps with what each needs and gives."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

Fact = tuple[str, ...]
Aged = tuple[Fact, int]
"""A fact, and how often it was taken away before: once taken away, it is another fact that must be given anew."""


class Step(NamedTuple):
    """One action of a plan as it is taken."""

    needs: frozenset[Aged]
    gives: frozenset[Aged]


class Task(NamedTuple):
    """What there is at first, what is wanted, and what can be done."""

    there: frozenset[Fact]
    goal: frozenset[Fact]
    actions: dict[str, tuple[list[str], list[Fact], list[Fact], list[Fact]]]
    """By name: its variables, and the facts that it needs, gives and takes away."""

    def steps(self, plan: Sequence[str]) -> list[Step]:
        """Return the steps of a plan, and behind them one that needs what is wanted."""
        ages, found = Counter[Fact](), list[Step]()
        for told in plan:
            name, *words = told.strip("()").lower().split()
            variables, *families = self.actions[name]
            meant = dict(zip(variables, words, strict=True))
            needs, gives, takes = ([tuple(meant.get(w, w) for w in fact) for fact in family] for family in families)
            needed = _aged(needs, ages)
            ages.update(set(takes))
            found.append(Step(needed, _aged(gives, ages)))
        return [*found, Step(_aged(self.goal, ages), frozenset())]


def task(domain: str, problem: str) -> Task:
    """Read a task; fails on anything that is more than STRIPS."""
    actions = {}
    for part in _read(domain):
        if part[0] == ":action":
            told = dict(zip(part[2::2], part[3::2], strict=True))
            variables = [word for before, word in pairwise(["", *told[":parameters"]]) if word != "-" != before]
            needs, none = _facts(told.get(":precondition", []))
            assert not none, "it needs that something is not so"
            gives, takes = _facts(told[":effect"])
            actions[part[1]] = (variables, needs, gives, takes)
    known = {part[0]: part[1:] for part in _read(problem)}
    goal, none = _facts(known[":goal"][0])
    assert not none, "it wants that something is not so"
    return Task(frozenset(map(tuple, known[":init"])), frozenset(goal), actions)


def actions_in(text: str) -> list[str]:
    """Return the actions that stand between quotes in a question."""
    return re.findall(r"\([^()]*\)", text[text.index('"') : text.rindex('"')])


def _aged(facts: Any, ages: Counter[Fact]) -> frozenset[Aged]:
    return frozenset((fact, ages[fact]) for fact in facts)


def _read(text: str) -> list[Any]:
    """Return the parts of a definition behind its name."""
    stack: list[list[Any]] = [[]]
    for word in re.findall(r"[()]|[^\s()]+", re.sub(r";.*", "", text).lower()):
        if word == "(":
            stack.append([])
        elif word == ")":
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(word)
    ((_define, _name, *parts),) = stack[0]
    return parts


def _facts(told: list[Any]) -> tuple[list[Fact], list[Fact]]:
    """Return the facts that hold, and those that do not."""
    parts = told[1:] if told[:1] == ["and"] else [told] if told else []
    nots = [tuple(part[1]) for part in parts if part[0] == "not"]
    return [tuple(part) for part in parts if part[0] != "not"], nots
