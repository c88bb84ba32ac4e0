"""`oncourse principal`: who may act."""

from typing import Annotated

import typer

from oncourse.cli.session import current
from oncourse.console import as_json, say, table
from plan import ActorKind, Principal, Role

app = typer.Typer(no_args_is_help=True)


@app.command()
def add(
    principal_id: Annotated[str, typer.Argument(help="A pseudonymous id, such as p-mara.")],
    role: Annotated[list[Role] | None, typer.Option(help="May be given several times.")] = None,
    limit: Annotated[int | None, typer.Option(help="Largest plan approved alone, in minor units a year.")] = None,
) -> None:
    """Add a principal, or change what one may do."""
    added = Principal(
        principal_id=principal_id,
        tenant_id=current.settings.tenant,
        kind=ActorKind.HUMAN,
        roles=frozenset(role or ()),
        approval_limit_minor=limit,
    )
    current.house.add_principal(added, current.who)
    say(f"{principal_id}: {', '.join(sorted(added.roles)) or 'no role'}")


@app.command("list")
def list_principals() -> None:
    """List who may act, with their roles."""
    with current.house.desk.unit() as unit:
        known = unit.principals.every()
    if current.json:
        as_json(known)
        return
    rows = ((p.principal_id, p.kind, ", ".join(sorted(p.roles)), "yes" if p.active else "no") for p in known)
    table(("principal", "kind", "roles", "active"), rows)
