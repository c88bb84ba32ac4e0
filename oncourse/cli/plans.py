"""`oncourse plan`: propose, read, review and steer plans."""

from pathlib import Path
from typing import Annotated, Any, TypeVar
from uuid import UUID

import orjson
import typer
from pydantic import BaseModel, ValidationError

import ledger
from gate import Verdict
from oncourse.cli import decisions, exports
from oncourse.cli.days import AsOf, day_of, instant_of
from oncourse.cli.decisions import PlanArgument
from oncourse.cli.session import current
from oncourse.console import as_json, say, short, table, under
from orchestrator import (
    BadInputError,
    DeniedError,
    PlanEdit,
    Removal,
    StepEdit,
    compare_revisions,
    show_at,
    tell,
    to_quote,
)
from plan import (
    Cause,
    Change,
    Difference,
    PlanError,
    PlanStatus,
    Proposal,
    RevenuePlanV1,
    StepStatus,
    explain_validation,
    find_spec,
    usage_of,
)
from store import PlanRecord

app = typer.Typer(no_args_is_help=True)
_DONE = frozenset({StepStatus.DONE, StepStatus.AUTO_EXECUTED})


@app.command()
def propose(
    account: Annotated[str, typer.Argument(help="The account; leave out with --file.")] = "",
    file: Annotated[Path | None, typer.Option(help="A proposal of your own, as JSON.")] = None,
) -> None:
    """Propose a plan: drafted for an account, or your own from a file. The gate judges it either way."""
    if file is not None:
        proposal = _read(file, Proposal)
        if account and account != proposal.account_id:
            raise BadInputError(f"the file proposes for {proposal.account_id}, not for {account}; name one of them")
        proposal = proposal.model_copy(
            update={"provenance": proposal.provenance.model_copy(update={"drafter": "person"})}
        )
        who = current.who
        told = current.house.submit(proposal, who, _cause())
        if told.plan_id is None:
            raise DeniedError("the gate refuses the proposal: " + " ".join(told.findings), told.codes)
        _proposed(str(told.plan_id))
        return
    if not account:
        raise BadInputError("name an account, or give a proposal with --file; see: oncourse plan propose --help")
    _draft(account)


def _draft(account: str) -> None:
    house = current.house
    with house.desk.unit() as unit:
        known = unit.accounts.get(account).account_id
        before = {r.plan.plan_id for r in unit.plans.find(account_id=known)}
        seen = len(unit.entries(f"account/{known}"))
    event = house.wish(account, current.who)
    did = current.tenancy.engine().tick(event.target)
    with house.desk.unit() as unit:
        new = [r for r in unit.plans.find(account_id=account) if r.plan.plan_id not in before]
        told = [e for e in unit.entries(f"account/{account}")[seen:] if e.type.startswith("proposal.")]
        lines = [line.sentence for line in tell(unit, told)]
    if new:
        _proposed(str(new[0].plan.plan_id))
        return
    if current.json:
        as_json({"plan_id": None, "did": did, "why": lines})
    else:
        say("No plan was drafted." if lines else "No plan was drafted: a drafted plan of this account is open already.")
        for line in lines:
            say(line)
    raise typer.Exit(3)


def _proposed(plan_id: str) -> None:
    record = current.plan(plan_id)
    if current.json:
        as_json({"plan_id": plan_id, "status": record.plan.status, "digest": record.content_digest})
    else:
        say(f"Plan {short(plan_id)} is a draft. Read it: oncourse plan show {short(plan_id)}")


@app.command("list")
def list_plans(
    status: Annotated[list[PlanStatus] | None, typer.Option(help="May be given several times.")] = None,
    account: Annotated[str | None, typer.Option(help="Only this account.")] = None,
) -> None:
    """List plans: where each stands, until when, and what it waits for."""
    with current.house.desk.unit() as unit:
        found = unit.plans.find(account_id=account, statuses=status or tuple(PlanStatus))
    if current.json:
        as_json([r.plan for r in found])
        return
    if not found:
        say("There is no such plan." if status or account else "There is no plan yet: oncourse plan propose ACCOUNT")
        return
    rows = (
        (
            short(r.plan.plan_id),
            r.plan.account_id,
            under(r.plan.status, r.state.closed_reason or r.state.pause_reason),
            r.plan.risk,
            f"{sum(s.status in _DONE for s in r.plan.steps)}/{len(r.plan.steps)}",
            f"{r.plan.expires_at:%Y-%m-%d}",
            r.plan.owner,
        )
        for r in found
    )
    table(("plan", "account", "status", "risk", "done", "ends", "owner"), rows)


@app.command()
def show(plan: PlanArgument, as_of: AsOf = "") -> None:
    """Show one plan as it stands, with the digest that an approval binds; or as it stood."""
    record = current.plan(plan)
    if as_of:
        _show_past(str(record.plan.plan_id), as_of)
        return
    with current.house.desk.unit() as unit:
        entries = unit.entries(f"plan/{record.plan.plan_id}")
    written = [entry for entry in entries if entry.type in {"plan.proposed.v1", "plan.edited.v1"}][-1]
    if current.json:
        told: dict[str, Any] = {
            "content_digest": record.content_digest,
            "confidence_percent": written.data.get("confidence_percent"),
            "usage": usage_of(call for entry in entries for call in entry.model).model_dump(),
        }
        if record.plan.status is PlanStatus.DRAFT:
            judged_by = current.house.judged(str(record.plan.plan_id)).policy_digest
            told["approve_with"] = to_quote(record.content_digest, judged_by)
        as_json(record.plan.model_dump(mode="json") | told)
        return
    _header(record.plan, record.content_digest, record.state.drafter)
    _steps(record.plan)
    with current.house.desk.unit() as unit:
        if written.model:
            say(tell(unit, [written])[0].sentence)
        judged = [e for e in entries if e.type == "plan.gate_evaluated.v1"]
        if judged:
            say(tell(unit, [judged[-1]])[0].sentence)
        for ref in record.state.sent_back:
            say(f"Sent back: {unit.blobs.reveal(ref)}")
        why = ledger.stopped(entries, unit.blobs.reveal)
    if why:
        say(why)
    if record.plan.status is PlanStatus.DRAFT:
        _to_approve(record)


def _show_past(plan_id: str, as_of: str) -> None:
    with current.house.desk.unit(reading=True) as unit:
        at = instant_of(unit, as_of)
        shown = show_at(unit, plan_id, at or unit.now)
    if current.json:
        as_json(shown)
        return
    say(f"As of {as_of}:")
    _header(shown.plan, shown.content_digest, shown.drafter)
    _steps(shown.plan)
    say(shown.why or f"Tell what happened until then: oncourse ledger explain {short(plan_id)} --as-of {as_of}")


def _to_approve(record: PlanRecord) -> None:
    """Say what the gate finds now, and what an approval takes."""
    plan_id = record.plan.plan_id
    decision = current.house.judged(str(plan_id))
    for found in decision.violations:
        say(f"{found.code} {found.severity} {found.where}: {found.message}. {found.mend}")
    asked = decision.required_authority
    if decision.verdict is Verdict.DENY:
        say("The gate denies it as it stands: edit it, or reject it.")
        return
    given = len(record.state.approvals)
    people = "one person" if asked.persons == 1 else f"{asked.persons} people"
    more = f", one of them a senior approver who overrides {', '.join(asked.overrides)}" if asked.overrides else ""
    say(f"It takes {people} ({asked.role}){more}; {given} approved so far.")
    seen = to_quote(record.content_digest, decision.policy_digest)
    how = "".join(f" --override {code}" for code in asked.overrides) + (" --reason WHY" if asked.overrides else "")
    say(f"To approve: oncourse plan approve {short(plan_id)} --digest {seen}{how} --as WHO")


def _header(plan: RevenuePlanV1, digest: str, drafter: str) -> None:
    say(f"{plan.plan_type} for {plan.account_id}: {plan.objective}")
    say(f"plan {plan.plan_id}   {plan.status}   revision {plan.revision}   risk {plan.risk}")
    say(f"ends {plan.expires_at:%Y-%m-%d %H:%M} UTC   owner {plan.owner}   drafted by {drafter}")
    say(f"contracts {', '.join(plan.subject)}")
    say(f"digest {digest}")


def _steps(plan: RevenuePlanV1) -> None:
    rows = []
    for step in plan.steps:
        spec = find_spec(step.action_type)
        how = [step.approval.value]
        if spec is not None and spec.external:
            how.append("reaches the customer")
        if step.depends_on:
            how.append("after " + " and ".join(short(d.step_id) for d in step.depends_on))
        action = under(step.action_type, ", ".join(how))
        rows.append((short(step.step_id), f"{step.not_before:%m-%d}", action, under(step.status, step.outcome)))
    table(("step", "from", "action", "status"), rows)


@app.command()
def edit(
    plan: PlanArgument,
    file: Annotated[Path | None, typer.Option(help="An edit as JSON: {removed, changed, added}.")] = None,
    remove: Annotated[list[str] | None, typer.Option(help="STEP=reason; may be given several times.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="STEP.param=value; several times.")] = None,
    answer: Annotated[
        list[str] | None, typer.Option(help="What the edit does about each reason it was sent back with, in order.")
    ] = None,
    ends: Annotated[str, typer.Option(help="The plan's new last day (YYYY-MM-DD).")] = "",
) -> None:
    """Edit a draft: a new revision, judged anew; approvals become void."""
    record = current.plan(plan)
    change = _read(file, PlanEdit) if file is not None else PlanEdit()
    removed = [_removal(record, text) for text in remove or ()]
    changed: dict[UUID, dict[str, Any]] = {}
    for text in set_ or ():
        step_id, name, value = _setting(record, text)
        params = changed.setdefault(step_id, dict(record.plan.step(step_id).params or {}))
        params[name] = value
    edits = tuple(StepEdit(step_id=step_id, params=params) for step_id, params in changed.items())
    more: dict[str, Any] = {"removed": (*change.removed, *removed), "changed": (*change.changed, *edits)}
    if ends:
        more["expires_at"] = current.tenancy.tenant().calendar.end_of(day_of(ends))
    change = PlanEdit.model_validate(change.model_dump() | more | {"answers": (*change.answers, *(answer or ()))})
    told = current.house.edit(str(record.plan.plan_id), change, current.who)
    fresh = current.plan(str(told.plan_id))
    if current.json:
        as_json(
            {
                "plan_id": told.plan_id and str(told.plan_id),
                "revision": fresh.plan.revision,
                "digest": fresh.content_digest,
            }
        )
        return
    say(f"Revision {fresh.plan.revision}, digest {fresh.content_digest}")
    for line in told.findings:
        say(line)


def _removal(record: PlanRecord, text: str) -> Removal:
    prefix, sign, reason = text.partition("=")
    if not sign or len(reason.strip()) < 3:  # noqa: PLR2004 - shorter is no reason
        raise BadInputError(f"--remove {text!r}: give STEP=reason")
    return Removal(step_id=current.step_id(record, prefix), reason=reason)


def _setting(record: PlanRecord, text: str) -> tuple[UUID, str, Any]:
    left, sign, value = text.partition("=")
    prefix, dot, name = left.partition(".")
    if not sign or not dot or not name:
        raise BadInputError(f"--set {text!r}: give STEP.param=value")
    try:
        parsed = orjson.loads(value)
    except orjson.JSONDecodeError:
        parsed = value
    return current.step_id(record, prefix), name, parsed


@app.command()
def diff(
    plan: PlanArgument,
    older: Annotated[int, typer.Option("--from", help="The older revision.", min=1)] = 1,
    newer: Annotated[int | None, typer.Option("--to", help="The newer revision; the newest by default.", min=1)] = None,
) -> None:
    """Say what changed between two revisions, by step."""
    record = current.plan(plan)
    with current.house.desk.unit() as unit:
        found = compare_revisions(unit, str(record.plan.plan_id), older, newer or record.plan.revision)
    if current.json:
        as_json(found)
        return
    for told in found.answered:
        say(f"sent back (revision {told.revision}): {told.reason}")
        say(f"  answered: {told.answer or 'not yet'}")
    for one in found.differences:
        say(_difference(one))
    if not found.differences:
        say("Nothing changed between these revisions.")


def _difference(one: Difference) -> str:
    what = f"{one.change.value:8}" + (f"{short(one.step_id)} {one.action_type}" if one.step_id else "the plan")
    if one.change is Change.REMOVED:
        return f"{what}: {one.reason}" if one.reason else what
    if one.change is Change.NEW or not one.field:
        return what
    return f"{what}: {one.field}" + (f" {one.before} -> {one.after}" if one.before or one.after else "")


@app.command()
def explain(plan: PlanArgument) -> None:
    """Tell the plan's story, one sentence an entry."""
    from oncourse.cli.ledgers import explain as tell

    tell(plan)


Model = TypeVar("Model", bound=BaseModel)


def _read(file: Path, kind: type[Model]) -> Model:
    try:
        return kind.model_validate_json(file.read_bytes())
    except OSError as error:
        raise PlanError(f"{file} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise PlanError(f"{file} is no {kind.__name__}: {explain_validation(error)}") from error


def _cause() -> Cause:
    return Cause(kind="person", ref=current.settings.principal)


app.add_typer(decisions.app)
app.add_typer(exports.app)
