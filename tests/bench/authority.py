"""One decision of authority, beside what would be picked instead: each answers the same questions alike."""

import itertools
from collections.abc import Callable

import cedarpy

from gate import AuthorityRequest, may
from gate.authority import policies_text, schema_text
from gate.authority.cedar import _actor, _question, _subject
from tests.bench.casbin_rules import enforcer, question
from tests.bench.measuring import beside, line, microseconds
from tests.gate.oracle import POLICY, Case, allowed, domain, request

EVERY = 6211
"""A prime: some hundred cases from the whole domain, of every act, kind and standing."""
BAR = 250e-6
OURS = "ours"
Way = Callable[[Case, AuthorityRequest], bool]


def questions() -> list[tuple[Case, AuthorityRequest]]:
    """Return cases with the request that each puts; no delegation, which the others do not know."""
    return [(case, request(case)) for case in itertools.islice(domain(), 0, None, EVERY) if case.lent == "none"]


def ways() -> dict[str, Way]:
    """Return each way to decide."""
    casbin, policies, schema = enforcer(), policies_text(), schema_text()

    def as_text(_case: Case, asked: AuthorityRequest) -> bool:
        entities = [_subject(asked, POLICY), _actor(asked.principal)]
        told = cedarpy.is_authorized(_question(asked, POLICY, asked.principal), policies, entities, schema)
        return bool(told.allowed) and not told.diagnostics.errors

    return {
        OURS: lambda _case, asked: may(asked, POLICY).allowed,
        "cedarpy, policies and schema as text": as_text,
        "casbin, ABAC eval": lambda _case, asked: bool(casbin.enforce(*question(asked))),
        "a chain of ifs": lambda case, _asked: allowed(case),
    }


def lines(*, quick: bool = False) -> list[str]:
    asked = questions()[:: 40 if quick else 2]
    works = {name: lambda way=way: [way(*one) for one in asked] for name, way in ways().items()}
    found = {name: taken / len(asked) for name, taken in beside(works, seconds=0 if quick else 12).items()}
    ours = found.pop(OURS)
    return [
        line(
            f"authority, {len(asked)} questions of all acts, schema checked",
            f"{microseconds(ours)} a decision",
            *(f"{name} {taken / ours:.2g}x ({microseconds(taken)})" for name, taken in found.items()),
            f"bar {microseconds(BAR)}",
        )
    ]
