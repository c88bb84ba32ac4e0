"""`oncourse principal`: who may act, who left, and who acts in whose stead."""

from typing import TYPE_CHECKING, Annotated

import typer

from gate import DELEGABLE, Act
from oncourse.cli.session import current
from oncourse.cli.working import PORT
from oncourse.clock import RealClock, random_salt
from oncourse.console import as_json, count, err, out, say, short, table
from orchestrator import BadInputError
from plan import ActorKind, Principal, RiskClass, Role
from store import Whose

if TYPE_CHECKING:
    from oncourse.identity import Sessions

app = typer.Typer(no_args_is_help=True)
Person = Annotated[str, typer.Argument(help="A principal's id.")]
Reason = Annotated[str, typer.Option(help="One sentence for the next reader.")]


@app.command()
def add(
    principal_id: Annotated[str, typer.Argument(help="A pseudonymous id, such as p-mara.")],
    role: Annotated[list[Role] | None, typer.Option(help="May be given several times.")] = None,
    limit: Annotated[int | None, typer.Option(help="Largest plan approved alone, in minor units a year.")] = None,
) -> None:
    """Add a principal, or change what one may do."""
    with current.house.desk.unit() as unit:
        known = {p.principal_id: p for p in unit.principals.every()}
    fresh = Principal(principal_id=principal_id, tenant_id=current.settings.tenant, kind=ActorKind.HUMAN)
    changes = {"roles": frozenset(role or ()), "approval_limit_minor": limit}
    added = Principal.model_validate(known.get(principal_id, fresh).model_dump() | changes)
    current.house.add_principal(added, current.who)
    if current.json:
        as_json(added)
    else:
        say(f"{principal_id}: {', '.join(sorted(added.roles)) or 'no role'}")


@app.command()
def deactivate(principal_id: Person, reason: Reason = "") -> None:
    """Let somebody act no more; what they approved lapses, and their name stays in the history."""
    plans = current.house.governance.deactivate(principal_id, reason, current.who)
    _sessions().end_all(_whose(principal_id))
    if current.json:
        as_json({"principal_id": principal_id, "active": False, "open_plans": list(plans)})
        return
    owned = f" Open plans in their name: {', '.join(map(short, plans))}." if plans else ""
    say(f"{principal_id} may act no more.{owned}")


@app.command()
def reactivate(principal_id: Person, reason: Reason = "") -> None:
    """Let somebody act again, with the same roles and without old delegations."""
    current.house.governance.reactivate(principal_id, reason, current.who)
    if current.json:
        as_json({"principal_id": principal_id, "active": True})
    else:
        say(f"{principal_id} may act again.")


@app.command()
def link(principal_id: Person) -> None:
    """Print a one-time link by which somebody chooses a new password and second factor: new, or locked out."""
    from oncourse.identity import Links, path_of

    current.house.governance.note_link(principal_id, current.who)
    secret = Links(current.store, RealClock(), random_salt).make(_whose(principal_id))
    address = f"{current.settings.public_url or f'http://127.0.0.1:{PORT}'}{path_of(secret)}"
    if current.json:
        as_json({"principal_id": principal_id, "link": address})
        return
    out.print(address, markup=False, soft_wrap=True, highlight=False)
    err.print(
        "it opens once, within 15 minutes; hand it over on a way that nobody else reads", markup=False, soft_wrap=True
    )


@app.command("sign-out")
def sign_out(principal_id: Person) -> None:
    """End all sessions of somebody; what they sign in with stays."""
    ended = _sessions().end_all_as(_whose(principal_id), current.who)
    if current.json:
        as_json({"principal_id": principal_id, "ended": ended})
    else:
        say(f"{principal_id} is signed out of {count(ended, 'session')}.")


@app.command()
def delegate(
    to: Annotated[str, typer.Option(help="Who acts in your stead.")],
    act: Annotated[
        list[str] | None, typer.Option(help=f"May be given several times: {', '.join(sorted(DELEGABLE))}.")
    ] = None,
    max_risk: Annotated[RiskClass, typer.Option(help="The highest risk that it covers.")] = RiskClass.MEDIUM,
    max_amount: Annotated[int | None, typer.Option(help="The largest plan, in minor units a year.")] = None,
    days: Annotated[int, typer.Option(help="For how many days, as far as the policy allows.")] = 7,
) -> None:
    """Let somebody act in your stead for some days."""
    named = [word.replace("-", "_") for word in act or ()]
    unknown = [word for word in named if word not in DELEGABLE]
    if unknown:
        raise BadInputError(
            f"{', '.join(unknown)} cannot be delegated; what can be: {', '.join(sorted(DELEGABLE))} (--act)"
        )
    given = current.house.governance.delegate(
        to, map(Act, named), current.who, days=days, max_risk=max_risk, max_amount_minor=max_amount
    )
    if current.json:
        as_json(given)
    else:
        what = f"{', '.join(given.acts)} for {current.settings.principal} up to {given.max_risk}"
        say(f"{to} may {what} until {given.until:%Y-%m-%d %H:%M} UTC")


@app.command()
def undelegate(to: Annotated[str, typer.Option(help="From whom you take it back.")]) -> None:
    """Take back what you let somebody do in your stead."""
    current.house.governance.undelegate(to, current.who)
    if current.json:
        as_json({"to": to, "delegated": False})
    else:
        say(f"{to} no longer acts for {current.settings.principal}")


@app.command("list")
def list_principals() -> None:
    """List who may act, with their roles."""
    with current.house.desk.unit() as unit:
        known = unit.principals.every()
    if current.json:
        as_json(known)
        return
    rows = (
        (p.principal_id, p.kind, ", ".join(sorted(p.roles)), "yes" if p.active else "no", _delegated(p)) for p in known
    )
    table(("principal", "kind", "roles", "active", "delegates"), rows)


def _sessions() -> "Sessions":
    from oncourse.identity import Sessions

    return Sessions(current.store, RealClock(), random_salt)


def _whose(principal_id: str) -> Whose:
    return Whose(current.settings.tenant, principal_id)


def _delegated(who: Principal) -> str:
    return "; ".join(f"{', '.join(d.acts)} to {d.to} until {d.until:%Y-%m-%d %H:%M}" for d in who.delegations)
