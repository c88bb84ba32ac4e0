"""What the scorers know of needs, held against plans and answers of others: 80 plans of a benchmark in 8 domains.

There, actions also take away what others gave. The reader tells a fact apart from the same fact given anew, so that
nothing is taken away any more, as in plans of ours. ACPBench by IBM Research, CDLA-Permissive-2.0.
"""

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from evals.scorers.needs import unjustified, unmet
from tests.evals.strips import Aged, Fact, Task, actions_in, task
from tests.real_data import real_data


class Question(NamedTuple):
    name: str
    task: Task
    plan: list[str]
    answer: object


class Removal(NamedTuple):
    """One action, or two that follow each other, and the plan without them."""

    at: int
    what: tuple[str, ...]
    rest: list[str]


def questions(name: str) -> Iterator[Question]:
    told = json.loads((real_data("acpbench") / f"{name}.dev.gen.json").read_text("utf-8"))
    assert len(told) == 40
    for row in told:
        made = task(row["PDDL_domain"], row["PDDL_problem"])
        yield Question(row["id"], made, actions_in(row["question"]), row["answer"])


def hindered(made: Task, plan: list[str]) -> int | None:
    """Return the place of the first action with an unmet need; the place behind the last where the goal is unmet."""
    given: dict[Fact, set[frozenset[Aged]]] = {fact: {frozenset({(fact, 0)})} for fact in made.there}
    for place, step in enumerate(made.steps(plan)):
        if any(unmet([frozenset({need})], given.get(need[0], ())) for need in step.needs):
            return place
        for gift in step.gives:
            given.setdefault(gift[0], set()).add(frozenset({gift}))
    return None


@cache
def removals() -> list[tuple[Question, list[Removal]]]:
    """Return each question with all that can be left out so that the plan still holds."""
    return [(question, list(_removals(question.task, question.plan))) for question in questions("just")]


def _removals(made: Task, plan: list[str]) -> Iterator[Removal]:
    for size in (1, 2):
        for at in range(len(plan) - size + 1):
            rest = plan[:at] + plan[at + size :]
            if hindered(made, rest) is None:
                yield Removal(at, tuple(plan[at : at + size]), rest)


def named(removal: Removal, plan: list[str]) -> tuple[str, ...]:
    """Return a removal as the benchmark names it: one action by how often it was taken until then."""
    if len(removal.what) == 1:
        return *removal.what, str(plan[: removal.at + 1].count(removal.what[0]))
    return *removal.what, "-1"


def needless(made: Task, plan: list[str]) -> tuple[set[int], set[int]]:
    """Return the places that nothing needs, and those of them which not even one such place needs."""
    steps, givers = made.steps(plan), {(fact, 0): -1 for fact in made.there}
    needs: dict[int, set[int]] = {-1: set()}
    for place, step in enumerate(steps):
        needs[place] = {givers[need] for need in step.needs}
        givers = dict.fromkeys(step.gives, place) | givers
    found = unjustified(needs, [len(plan)]) - {-1}
    return found, {place for place in found if not any(place in needs[other] for other in found)}


def test_the_first_action_that_cannot_be_taken_is_the_first_whose_needs_are_unmet():
    assert [hindered(q.task, q.plan) for q in questions("val")] == [q.answer for q in questions("val")]


def test_what_can_be_left_out_is_what_leaves_no_need_unmet():
    beyond = 0
    for question, mine in removals():
        theirs = Counter(map(tuple, question.answer))
        surplus = Counter(named(removal, question.plan) for removal in mine) - theirs
        assert sum(theirs.values()) + sum(surplus.values()) == len(mine)
        beyond += len(surplus)
        kept = [removal.rest for removal in mine if named(removal, question.plan) in theirs]
        assert all(r.rest in kept for r in mine if named(r, question.plan) in surplus), "another plan than any named"
    assert beyond == 1, "one removal is not named, and leaves the same plan as one that is"


def test_a_plan_still_reaches_its_goal_without_all_that_nobody_needs():
    taken = []
    for question in questions("just"):
        gone, _last = needless(question.task, question.plan)
        assert hindered(question.task, [a for place, a in enumerate(question.plan) if place not in gone]) is None
        taken.append(len(gone))
    assert max(taken) > 100


def test_what_nobody_needs_is_what_can_be_left_out_alone_but_for_actions_taken_twice():
    alone = agreed = 0
    for question, mine in removals():
        single = {removal.at for removal in mine if len(removal.what) == 1}
        _gone, last = needless(question.task, question.plan)
        assert last <= single
        assert all(question.plan.count(question.plan[place]) > 1 for place in single - last)
        alone, agreed = alone + len(single), agreed + len(last)
    assert (agreed, alone) == (19, 22)
