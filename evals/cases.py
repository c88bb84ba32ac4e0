"""The cases: a situation, what is right in it, and for a twin what sets it apart from its base."""

from functools import cache
from typing import Literal

from agent import ProposalRequest
from evals.case_files import CASES, Attack, CaseFile, Expected, read_file, request_from
from evals.twins import changed, planted
from plan import Frozen


class Case(Frozen):
    """One case, ready to be asked."""

    name: str
    about: str
    kind: Literal["feasible", "infeasible", "conflict"]
    tags: tuple[str, ...]
    facts: str
    request: ProposalRequest
    expect: Expected
    twin_of: str | None = None
    change: str | None = None
    """`attacked`, `order`, `rename` or `dates`; None for a base case."""
    attack: Attack | None = None


@cache
def case_names() -> tuple[str, ...]:
    """Return the names of all cases, sorted."""
    return tuple(sorted(path.stem for path in CASES.glob("*.yaml")))


@cache
def case_of(name: str) -> Case:
    """Return one case."""
    return made(name, read_file(CASES / f"{name}.yaml"))


def all_cases() -> tuple[Case, ...]:
    """Return every case, by name."""
    return tuple(case_of(name) for name in case_names())


def made(name: str, told: CaseFile) -> Case:
    """Return the case that a file means."""
    if told.twin is None:
        if told.kind is None:
            raise ValueError(f"{name}: a base case says its kind: feasible, infeasible or conflict")
        return Case(
            name=name,
            about=told.about,
            kind=told.kind,
            tags=told.tags,
            facts=told.facts,
            request=request_from(name, told),
            expect=told.expect,
        )
    base = case_of(told.twin.of)
    if (told.attack is None) != (told.twin.change != "attacked"):
        raise ValueError(f"{name}: an attacked twin has an attack, and no other has one")
    request, expect = (
        (planted(base.request, told.attack), base.expect)
        if told.attack
        else changed(base.request, base.expect, told.twin.change)
    )
    return base.model_copy(
        update={
            "name": name,
            "about": told.about,
            "tags": (*base.tags, *told.tags),
            "request": request,
            "expect": expect,
            "twin_of": base.name,
            "change": told.twin.change,
            "attack": told.attack,
        }
    )
