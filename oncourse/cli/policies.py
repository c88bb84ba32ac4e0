"""`oncourse policy`: read, compare, test, simulate and publish policy bundles, and ask who may do what."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gate import (
    Act,
    BadPolicyError,
    BadPolicyTestError,
    BadRecordingError,
    CaseResult,
    PolicyTable,
    Recording,
    Simulation,
    built_in_bases,
    bundle_digest,
    policy_differences,
    read_recording,
    read_table,
    run_table,
)
from oncourse.cli.reading import is_file, read_bundle, read_span, read_text
from oncourse.cli.session import FINDINGS, current
from oncourse.console import as_json, err, say, short, table
from orchestrator import BadInputError, Outlook, Told

app = typer.Typer(no_args_is_help=True)
Bundle = Annotated[str, typer.Argument(help="current, default, a file, or the beginning of a digest.")]
Since = Annotated[str, typer.Option(help="How far to look back: 90d, 12w.")]
_ACTS = {
    "approve": Act.APPROVE,
    "approve-step": Act.APPROVE_STEP,
    "override": Act.OVERRIDE,
    "resume": Act.RESUME,
    "pause": Act.PAUSE,
    "abort": Act.ABORT,
    "edit": Act.EDIT,
    "transfer": Act.TRANSFER,
}


@app.command("list")
def list_policies() -> None:
    """List every bundle: the one in force, earlier ones, and those that wait for a second admin."""
    known = current.house.governance.policies()
    if current.json:
        as_json([state.model_dump(mode="json") | {"in_force": in_force} for state, in_force in known])
        return
    rows = []
    for state, in_force in known:
        waits = f"proposed by {state.proposed_by}" if state.proposed_by else "was in force"
        at = f"{state.published_at:%Y-%m-%d %H:%M}" if state.published_at else ""
        rows.append((state.digest[7:23], state.name, "in force" if in_force else waits, at))
    table(("digest to quote", "name", "is", "published"), rows)


@app.command()
def show(policy: Bundle = "current") -> None:
    """Show one bundle whole."""
    bundle = read_bundle(policy)
    if current.json:
        as_json({"digest": bundle_digest(bundle), "policy": bundle.model_dump(mode="json")})
        return
    import yaml

    say(f"# {bundle_digest(bundle)}")
    for line in yaml.safe_dump(bundle.model_dump(mode="json"), sort_keys=False, width=78).rstrip("\n").split("\n"):
        say(line)


@app.command()
def diff(old: Bundle, new: Bundle) -> None:
    """Say in words what one bundle says otherwise than another."""
    found = policy_differences(read_bundle(old), read_bundle(new))
    if current.json:
        as_json(found)
        return
    for one in found:
        say(one.sentence)
    if not found:
        say("Both say the same.")


@app.command()
def simulate(policy: Bundle, since: Since = "90d") -> None:
    """Judge past decisions under another bundle and say what would have moved; nothing is written."""
    bundle, span = read_bundle(policy), read_span(since)
    with _bar() as told:
        outlook = current.house.governance.look_back(bundle, span, told)
    if current.json:
        as_json({"digest": bundle_digest(bundle)} | outlook.model_dump(mode="json"))
    else:
        _report(outlook)


@app.command()
def publish(policy: Bundle, since: Since = "90d") -> None:
    """Bring a bundle into force: a file is simulated and proposed; a second admin publishes its digest."""
    if policy == "default" or is_file(policy):
        _propose(policy, since)
        return
    name, before = current.house.governance.publish_policy(policy, current.who)
    if current.json:
        as_json({"digest": name, "previous": before, "in_force": True})
    else:
        say(f"Policy {name[7:23]} is in force instead of {before[7:23]}; every open plan is looked at anew.")


def _propose(policy: str, since: str) -> None:
    bundle, span, who = read_bundle(policy), read_span(since), current.who
    with _bar() as told:
        proposed = current.house.governance.propose_policy(bundle, span, who, told)
    if current.json:
        as_json(proposed.model_dump(mode="json") | {"in_force": False})
        return
    _report(proposed.outlook)
    could = " or ".join(proposed.could) or "nobody yet (add another tenant_admin)"
    say(f"Proposed. It takes a second tenant_admin: {could}. They type:")
    say(f"  oncourse policy publish {proposed.digest[7:23]}")


@contextmanager
def _bar() -> Iterator[Told]:
    """Show how many recorded questions are done, where a person looks on."""
    columns = (TextColumn("judging"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("judging", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def _report(outlook: Outlook) -> None:
    found = outlook.simulation
    gone = f"; of {outlook.erased} more the inputs are gone" if outlook.erased else ""
    say(f"{found.judged} decisions since {outlook.since:%Y-%m-%d} judged under both policies{gone}.")
    if not found.hit:
        say("Nothing moves.")
        return
    say(f"{found.hit} of them come out otherwise.")
    rows = [(what, name, count) for what, counts in _counts(found) for name, count in counts.items()]
    table(("what", "which", "how often"), rows)
    hits = [
        (short(hit.plan_id), hit.account_id, hit.phase, f"{hit.before} -> {hit.after}", ", ".join(hit.appeared))
        for hit in found.hits
    ]
    table(("plan", "account", "asked at", "verdict", "new"), hits, title=f"The first {len(hits)}")


def _counts(found: Simulation) -> tuple[tuple[str, dict[str, int]], ...]:
    return (
        ("verdict", found.moved),
        ("appears", found.appeared),
        ("vanishes", found.vanished),
        ("authority", found.authority),
    )


@app.command()
def test(directory: Annotated[Path, typer.Argument(help="A folder of YAML tables (docs/policy.md).")]) -> None:
    """Run tables of policy tests; exit 6 with one line for each failing case."""
    files = sorted((*directory.glob("*.yaml"), *directory.glob("*.yml")))
    tables = [(path, text) for path in files if _is_table(text := read_text(path))]
    if not tables:
        raise BadInputError(f"{directory} holds no table of policy tests (*.yaml with `cases`); see docs/policy.md")
    results = [(path, one) for path, text in tables for one in _run(path, text)]
    wrong = [(path, one) for path, one in results if one.wrong]
    if current.json:
        as_json([{"file": str(path)} | one.model_dump(mode="json") for path, one in results])
    else:
        for path, one in wrong:
            say(f"{path.name}: {one.name}: {one.wrong} (found {one.verdict} {', '.join(one.codes) or 'no code'})")
        say(f"{len(results) - len(wrong)} of {len(results)} cases hold in {len(tables)} tables.")
    if wrong:
        raise typer.Exit(FINDINGS)


def _is_table(text: str) -> bool:
    """Tell a table from a policy that lies beside it."""
    return any(line.startswith("cases:") for line in text.split("\n"))


def _run(path: Path, text: str) -> tuple[CaseResult, ...]:
    try:
        cases = read_table(text)
        beside = cases.policy if cases.policy == "default" else str(path.parent / cases.policy)
        return run_table(cases, read_bundle(beside), _bases(path, cases))
    except (BadPolicyError, BadPolicyTestError, BadRecordingError) as error:
        raise BadInputError(f"{path}: {error}") from error


def _bases(path: Path, cases: PolicyTable) -> dict[str, Recording]:
    """Return the built-in questions, and those that the table names as files beside it."""
    known = dict(built_in_bases())
    for name in {case.base for case in cases.cases} - set(known):
        if name.endswith(".json"):
            known[name] = read_recording(read_text(path.parent / name))
    return known


@app.command("who-can")
def who_can(
    act: Annotated[str, typer.Argument(help=", ".join(_ACTS))],
    plan: Annotated[str, typer.Argument(help="A plan's id, or the beginning of it.")],
    step: Annotated[str, typer.Argument(help="For approve-step: the step.")] = "",
) -> None:
    """Say who could do an act on a plan now."""
    if act not in _ACTS:
        raise BadInputError(f"{act!r} is no act that can be asked for; one of: {', '.join(_ACTS)}")
    if (act == "approve-step") is not bool(step):
        raise BadInputError("a step is named for approve-step, and only for it: who-can approve-step PLAN STEP")
    plan_id = current.plan_id(plan)
    found = current.house.governance.who_may(_ACTS[act], plan_id, step or None)
    if current.json:
        as_json({"act": act, "plan_id": plan_id, "who": list(found)})
    else:
        say(", ".join(found) if found else f"Nobody could {act} it now.")
