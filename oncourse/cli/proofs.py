"""`oncourse ledger` for auditors: verify, prove, confirm."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from ledger import Anchor, BadNoteError, Proof, Verifier, read_anchors, same_log
from oncourse.cli.reading import read_text
from oncourse.cli.session import FINDINGS, current
from oncourse.console import as_json, count, err, say
from oncourse.keyfile import key_file
from oncourse.proving import LedgerLook, LedgerReport, Looked
from orchestrator import BadInputError
from store import KeylessError, NotFoundError, Unit

AnchorFile = Annotated[Path | None, typer.Option("--anchors", help="Checkpoints kept outside, to compare with.")]
Keys = Annotated[
    list[str] | None,
    typer.Option("--key", help="A public key to trust (NAME+KEYID+KEY); our own otherwise."),
]


def register(app: typer.Typer) -> None:
    """Put the commands beside the others of the ledger."""
    for command in (verify, prove, confirm):
        app.command()(command)


def verify(
    anchors: AnchorFile = None,
    since: Annotated[
        Path | None, typer.Option(help="A checkpoint that was kept: only what came after it is looked at.")
    ] = None,
    keys: Keys = None,
    *,
    replay: Annotated[bool, typer.Option(help="Fold every stream again and compare the rows, too.")] = True,
) -> None:
    """Prove that nobody rewrote the ledger; exit 6 where something is found."""
    trusted = _trusted(keys)
    kept = [] if anchors is None else read_anchors(read_text(anchors))
    start = None
    with current.house.desk.unit(reading=True) as unit:
        if since is not None:
            held = _newest(read_anchors(read_text(since)), since, unit, trusted)
            kept, start = [*kept, *(() if held in kept else (held,))], held.tree()
        look = LedgerLook(unit, trusted=trusted, anchors=kept, start=start, replay=replay)
        show_progress(look)
        report = look.report
    if current.json:
        as_json(_as_json(report))
    else:
        _tell(report)
    if not report.holds:
        raise typer.Exit(FINDINGS)


def prove(
    entry: Annotated[str, typer.Argument(help="An entry as STREAM#SEQ, such as plan/1f0c#3 or log#1.")],
    out: Annotated[Path | None, typer.Option(help="Write NAME.json (the entry) and NAME.tlog-proof.")] = None,
) -> None:
    """Prove to others that an entry stands in the ledger: a file that they check without this program."""
    with current.house.desk.unit(reading=True) as unit:
        address = _full(unit, entry)
        proof, body = unit.prove(address)
        verifier = public_key(unit)
    if out is not None:
        _write(out.with_name(f"{out.name}.json"), body.decode())
        _write(out.with_name(f"{out.name}.tlog-proof"), proof.text)
    if current.json:
        as_json({"entry": address, "body": body.decode(), "proof": proof.text, "key": verifier})
    elif out is None:
        say(proof.text.rstrip("\n"))
    else:
        say(f"{out.name}.json holds {address}, {out.name}.tlog-proof its proof. Check it under this key:")
        say(verifier)


def confirm(
    proof: Annotated[Path, typer.Argument(help="A .tlog-proof file.")],
    entry: Annotated[Path, typer.Argument(help="The entry's bytes, as `ledger prove --out` wrote them.")],
    keys: Keys = None,
) -> None:
    """Check a proof against a public key; no database is needed. Exit 6 where it does not hold."""
    if not keys:
        raise BadInputError("whose proof is it? Give the log's public key with --key (see: oncourse ledger key)")
    found = Proof.read(read_text(proof))
    try:
        holds = found.proves(read_text(entry).encode(), [Verifier.read(text) for text in keys])
        told = "it is not the entry that the log has there"
    except BadNoteError as error:
        holds, told = False, str(error)
    if current.json:
        as_json({"holds": holds, "position": found.index + 1})
    else:
        say(
            f"The entry stands in the log at position {found.index + 1}."
            if holds
            else f"The proof does not hold: {told}."
        )
    if not holds:
        raise typer.Exit(FINDINGS)


def _as_json(report: LedgerReport) -> dict[str, object]:
    plain = report.model_dump(mode="json")
    return {"holds": report.holds, "findings": list(report.findings), **plain}


def _tell(report: LedgerReport) -> None:
    proof = report.proof
    new = proof.size - proof.since
    told = f"{count(new, 'entry', 'entries')} looked at" + (
        f", after {proof.since} taken as proven" if proof.since else ""
    )
    say(f"{told}: the log {proof.origin}.")
    if proof.holds:
        say("Each is what was written, in its place, and none is missing.")
        say(f"The checkpoint over {count(proof.size, 'entry', 'entries')} is signed by the key {proof.key}.")
    if proof.anchors:
        say(f"{count(proof.anchors, 'checkpoint from outside agrees', 'checkpoints from outside agree')} with it.")
    if report.replayed is not None and not report.differences:
        say(f"{count(report.replayed, 'stream')} replayed: every row is what the ledger says.")
    for line in report.findings:
        say(line)
    if not report.holds:
        more = f", and {proof.more} more" if proof.more else ""
        say(f"{count(len(report.findings), 'finding')}{more}. docs/ledger.md says what each means and what to do.")


def show_progress(steps: Iterable[Looked]) -> None:
    """Go through the steps of a long look, with a bar where somebody watches."""
    with _bar() as bar:
        tasks = {}
        for step in steps:
            if step.what not in tasks:
                tasks[step.what] = bar.add_task(f"{step.what} ...", total=step.of)
            bar.update(tasks[step.what], completed=step.done)


@contextmanager
def _bar() -> Iterator[Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        yield bar


def held_keys() -> tuple[bytes, ...]:
    """Return the public keys of this installation, retired ones included."""
    keys = current.store.keys
    if keys is None:
        raise KeylessError(
            f"there is no key at {key_file(current.settings)}, so nobody knows whose signature counts; "
            "put it back, or give a public key with --key"
        )
    return (*keys.current, *keys.retired)


def _trusted(keys: list[str] | None) -> tuple[bytes, ...]:
    if keys:
        return tuple(Verifier.read(text).key for text in keys)
    _ = held_keys()
    return () if current.store.keys is None else current.store.keys.current


def _newest(found: list[Anchor], file: Path, unit: Unit, trusted: tuple[bytes, ...]) -> Anchor:
    """Return the newest checkpoint of a file to go on from; one that nobody signed who is trusted is none."""
    known = {*trusted, *(() if current.store.keys is None else current.store.keys.retired)}
    origin = unit.checkpoint().origin
    mine = [one for one in found if same_log(one.point.origin, origin)]
    if not mine:
        raise BadInputError(f"{file} holds no checkpoint of this ledger")
    newest = max(mine, key=lambda one: one.size)
    if not newest.signed(known):
        raise BadInputError(
            f"{newest} is not signed by a key that is trusted; look from the beginning, without --since"
        )
    return newest


def public_key(unit: Unit) -> str:
    """Return the key under which others check a ledger."""
    origin, keys = unit.checkpoint().origin, current.store.keys
    if keys is None:
        raise KeylessError(f"there is no key at {key_file(current.settings)}; put it back")
    return str(keys.verifiers(origin)[0])


def _full(unit: Unit, entry: str) -> str:
    """Return an entry's whole address, where a plan is named by the beginning of its id."""
    name, _, seq = entry.rpartition("#")
    if not name.startswith("plan/"):
        return entry
    try:
        return f"plan/{unit.plans.resolve(name.removeprefix('plan/'))}#{seq}"
    except NotFoundError:
        return entry


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInputError(f"{file} cannot be written: {error.strerror}") from error
