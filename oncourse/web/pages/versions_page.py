"""/plans/ID/versions: what each revision said, and what changed between two of them, word for word."""

from difflib import SequenceMatcher
from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from oncourse.web.callers import Fronted
from oncourse.web.pages.queue import mine_of
from oncourse.web.pages.shell import PageRoute, Reader, page
from orchestrator import compare_revisions
from plan import Difference

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Number = Annotated[int | None, Query(ge=1, le=100_000)]
_LONG = 60
"""Letters from which two texts are compared word by word."""


class Piece(NamedTuple):
    """A run of words that stayed, went or came."""

    kind: str
    text: str


class Changed(NamedTuple):
    """One difference, with its words where its texts are long."""

    one: Difference
    words: tuple[Piece, ...]


@router.get("/plans/{plan_id:uuid}/versions")
def versions(
    plan_id: UUID,
    reader: Reader,
    front: Fronted,
    older: Annotated[Number, Query(alias="from")] = None,
    newer: Annotated[Number, Query(alias="to")] = None,
) -> HTMLResponse:
    """Compare two revisions: the last two, unless others are asked for."""
    with front.house(reader.tenant_id).desk.unit(reading=True) as unit:
        plan = unit.plans.get(plan_id).plan
        last = newer or plan.revision
        first = older or max(1, last - 1)
        found = compare_revisions(unit, str(plan_id), first, last)
        account = unit.accounts.get(plan.account_id).name
        waiting = mine_of(unit, reader.who.principal.principal_id)
    changes = [Changed(one, words_between(one.before, one.after)) for one in found.differences]
    return page(
        "versions.html", reader, "/plans", plan=plan, account=account, found=found, changes=changes, older=first,
        newer=last, waiting=waiting,
    )  # fmt: skip


def words_between(before: str, after: str) -> tuple[Piece, ...]:
    """Return what stayed, went and came between two long texts; nothing for short ones."""
    if max(len(before), len(after)) < _LONG:
        return ()
    old, new = before.split(), after.split()
    found = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Piece("same", " ".join(old[a:b])))
        else:
            found += [Piece("del", " ".join(old[a:b]))] if b > a else []
            found += [Piece("ins", " ".join(new[c:d]))] if d > c else []
    return tuple(found)
