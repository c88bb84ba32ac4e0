"""`oncourse ledger` for auditors: verify, prove, confirm, anchor; and for keepers: key, rotate, reopen."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from ledger import Anchor, BadNoteError, Proof, Verifier, read_anchors, same_log
from oncourse.cli.reading import read_text
from oncourse.cli.session import current
from oncourse.clock import RealClock, random_salt
from oncourse.console import as_json, count, err, say
from oncourse.keyfile import keep_keys, key_file, read_keys
from oncourse.proving import LedgerLook, LedgerReport, Looked
from orchestrator import BadInputError
from store import KeylessError, NotFoundError, StoreError, Unit

FINDINGS = 6
AnchorFile = Annotated[Path | None, typer.Option("--anchors", help="Checkpoints kept outside, to compare with.")]
Keys = Annotated[
    list[str] | None,
    typer.Option("--key", help="A public key to trust (NAME+KEYID+KEY); our own otherwise."),
]
Reason = Annotated[str, typer.Option(help="Why, in one sentence.")]


def register(app: typer.Typer) -> None:
    """Put the commands beside the others of the ledger."""
    for command in (verify, prove, confirm, anchor, key, rotate, reopen):
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
        _show(look)
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
        verifier = _verifier(unit)
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


def anchor(
    file: Annotated[Path, typer.Argument(help="A file where the database's keepers cannot rewrite.")],
) -> None:
    """Add the ledger's checkpoint to a file outside: whatever is cut off or put back later is found by it."""
    with current.house.desk.unit(reading=True) as unit:
        known = [one for one in _kept(file) if one.point.origin == unit.checkpoint().origin]
        made = unit.anchor(RealClock().now())
    ahead = next((one for one in known if one.size > made.size), None)
    if ahead is not None:
        raise StoreError(
            f"{ahead} is ahead of the ledger, which has {made.size}: an older copy of the database was put back, or "
            "the end was cut off (see: oncourse ledger verify, and oncourse ledger reopen)"
        )
    try:
        with file.open("a", encoding="utf-8") as opened:
            opened.write(made.line)
            opened.flush()
            os.fsync(opened.fileno())
    except OSError as error:
        raise BadInputError(f"{file} cannot be written: {error.strerror}") from error
    if current.json:
        as_json({"file": str(file), "size": made.size, "checkpoint": made.checkpoint})
    else:
        say(f"{file} holds the checkpoint over {count(made.size, 'entry', 'entries')}.")


def key() -> None:
    """Print the public key under which others check this ledger."""
    with current.house.desk.unit(reading=True) as unit:
        verifier, point = _verifier(unit), unit.checkpoint()
    if current.json:
        as_json({"origin": point.origin, "key": verifier})
    else:
        say(verifier)


def rotate() -> None:
    """Give the ledger another key. Stop all workers first; each tenant of the database says so for itself."""
    settings = current.settings
    keys = read_keys(settings)
    if keys is None:
        raise KeylessError(f"there is no key at {key_file(settings)} to rotate; put it back first")
    house, who = current.house, current.who
    if len(keys.current) == 1:
        keys = keys.with_new(random_salt())
        keep_keys(key_file(settings), keys)
    current.store.keys = keys
    told = house.governance.rotate_key(who)
    waiting = [name for name in current.store.tenants() if not current.store.signed_by_newest(name)]
    if not waiting:
        keep_keys(key_file(settings), keys.settled())
    if current.json:
        as_json({"rotated": told is not None, "key": None if told is None else told.next, "waiting": waiting})
        return
    say("The ledger signs with this key now:" if told else "The ledger signs with the newest key already.")
    if told:
        say(told.next)
    say(
        f"The old key stays until these tenants have rotated, too: {', '.join(waiting)}."
        if waiting
        else "The old key is gone from the key file; only its public part stays. Start the workers again."
    )


def reopen(reason: Reason, anchors: AnchorFile = None) -> None:
    """Take the ledger up again after an older copy of the database was put back; it goes on under another name."""
    ahead = None
    if anchors is not None:
        with current.house.desk.unit(reading=True) as unit:
            mine = [one for one in read_anchors(read_text(anchors)) if one.point.origin == unit.checkpoint().origin]
            ahead = max(mine, key=lambda one: one.size, default=None)
            if ahead is not None and not ahead.signed(_held()):
                raise BadInputError(f"{ahead} is not signed by this installation's key; it says nothing")
        if ahead is None:
            raise BadInputError(f"{anchors} holds no checkpoint of this ledger")
    told = current.house.governance.reopen_ledger(ahead, reason, current.who)
    if current.json:
        as_json(told)
    else:
        lost = (
            ""
            if ahead is None
            else f" {count(ahead.size - told.size, 'entry is', 'entries are')} lost, and it says so."
        )
        say(f"The ledger goes on after entry {told.size} as {told.origin}.{lost}")
        say("Anchor it now, and tell whoever checks it: oncourse ledger anchor FILE; oncourse ledger key")


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


def _show(steps: Iterable[Looked]) -> None:
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


def _held() -> tuple[bytes, ...]:
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
    _ = _held()
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


def _kept(file: Path) -> list[Anchor]:
    return read_anchors(read_text(file)) if file.exists() else []


def _verifier(unit: Unit) -> str:
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
