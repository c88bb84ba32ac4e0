"""Idempotency-Key: what was asked twice is done once, and the second asker hears what the first one heard."""

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, NamedTuple

from fastapi import Header
from fastapi.responses import Response
from pydantic import BaseModel

from oncourse.web.front import Caller, Front
from oncourse.web.problems import ProblemError
from orchestrator import Orchestrator
from plan import OncourseError
from store import Claim, Claimed, Expected

KEPT = timedelta(days=2)
"""How long a key is remembered."""
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="A fresh name of this very request, chosen by the caller: sent twice, it is done once.",
        pattern=r"^[!-~]{8,200}$",
    ),
]


class Asked(NamedTuple):
    """One request to change something, and by which key it goes."""

    front: Front
    caller: Caller
    method: str
    path: str
    key: str | None


def claim_of(asked: Asked, body: BaseModel, expected: Expected | None) -> Claim:
    """Return the claim of a request: the key for all that it asks; 400 where it has none."""
    if asked.key is None:
        raise ProblemError(
            HTTPStatus.BAD_REQUEST,
            "idempotency_key_missing",
            "name this request with a fresh Idempotency-Key (8 to 200 characters), so that it is done once",
        )
    told = "\n".join((asked.method, asked.path, expected.model_dump_json() if expected else "", body.model_dump_json()))
    return Claim(
        principal_id=asked.caller.who.principal.principal_id,
        key=asked.key,
        fingerprint=sha256(told.encode()).hexdigest(),
    )


def once(
    asked: Asked,
    claim: Claim,
    expected: Expected | None,
    *,
    check: Callable[[Orchestrator], None],
    do: Callable[[Orchestrator], object],
    answer: Callable[[Orchestrator], Response],
) -> Response:
    """Do what was asked, unless it was done under this key before; either way answer how things stand.

    `check` reads and refuses; `do` is one transaction, which writes the claim with its effect.
    """
    plain = asked.front.house(asked.caller.tenant_id)
    if (known := _known(plain, claim)) is not None:
        return _again(known, plain, answer)
    try:
        check(plain)
        do(asked.front.house(asked.caller.tenant_id, claim, expected))
    except (OncourseError, ProblemError):
        if (known := _known(plain, claim)) is not None:  # the same request was faster
            return _again(known, plain, answer)
        raise
    response = answer(plain)
    with plain.desk.unit() as unit:
        unit.claims.answered(claim, response.status_code, bytes(response.body).decode())
        unit.claims.forget(unit.now - KEPT)
    return response


def _known(house: Orchestrator, claim: Claim) -> Claimed | None:
    with house.desk.unit(reading=True) as unit:
        known = unit.claims.find(claim.principal_id, claim.key)
    if known is not None and known.fingerprint != claim.fingerprint:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            "this Idempotency-Key was used for another request; choose a fresh one",
        )
    return known


def _again(known: Claimed, house: Orchestrator, answer: Callable[[Orchestrator], Response]) -> Response:
    if known.status is None or known.answer is None:
        response = answer(house)  # the first asker never heard: the effect is there, so this is how things stand
    else:
        response = Response(known.answer, known.status, media_type="application/json")
    response.headers["idempotent-replayed"] = "true"
    return response
