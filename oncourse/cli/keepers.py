"""`oncourse ledger` for those who keep it: anchor, key, rotate, reopen, erase."""

import os
from pathlib import Path
from typing import Annotated

import typer

from ledger import Anchor, read_anchors
from oncourse.cli.proofs import AnchorFile, held_keys, public_key
from oncourse.cli.reading import read_text
from oncourse.cli.session import FINDINGS, current
from oncourse.clock import RealClock, random_salt
from oncourse.console import as_json, count, say, short
from oncourse.keyfile import keep_keys, key_file, read_keys
from orchestrator import BadInputError, ErasureOutlook, Subject
from store import KeylessError, StoreError

Reason = Annotated[str, typer.Option(help="Why, in one sentence.")]


def register(app: typer.Typer) -> None:
    """Put the commands beside the others of the ledger."""
    for command in (anchor, key, rotate, reopen, erase):
        app.command()(command)


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
        verifier, point = public_key(unit), unit.checkpoint()
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
            if ahead is not None and not ahead.signed(held_keys()):
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


def erase(
    request: Annotated[str, typer.Option(help="The request's number in your own books, as a code: req_17.")],
    contact: Annotated[str | None, typer.Option(help="One person, by the contact's id.")] = None,
    account: Annotated[str | None, typer.Option(help="All people of an account, and every text about it.")] = None,
    also: Annotated[
        list[str] | None, typer.Option(help="What else they were called; may be given several times.")
    ] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Erase what names a person. It cannot be taken back; every proof stays, and open plans that lose a text end.

    Exit 6 where somebody was at work in the database, so that its file still holds deleted bytes.
    """
    subject, governance = (
        Subject(contact_id=contact, account_id=account, also=tuple(also or ())),
        current.house.governance,
    )
    told = governance.erasure(subject, current.who) if dry_run else governance.erase(subject, request, current.who)
    clean = dry_run or current.store.scrub()
    if current.json:
        as_json(told.model_dump(mode="json") | {"written": not dry_run, "scrubbed": clean})
    else:
        _say_erased(told, dry_run=dry_run, clean=clean)
    if not clean:
        raise typer.Exit(FINDINGS)


def _say_erased(told: ErasureOutlook, *, dry_run: bool, clean: bool) -> None:
    say(_erased(told, dry_run=dry_run))
    for plan_id in told.plans:
        say(f"Plan {short(plan_id)} {'would end' if dry_run else 'has ended'}: it lost a text.")
    if dry_run:
        return
    say("Every proof is as it was: oncourse ledger verify. Backups made before still hold it all: delete them, too.")
    if not clean:
        say("Somebody was at work in the database, so its file still holds the deleted bytes; run this again later.")


def _erased(told: ErasureOutlook, *, dry_run: bool) -> str:
    parts = (
        (told.people, "person", "people"),
        (told.texts, "text", "texts"),
        (told.records, "record", "records"),
        (told.events, "event", "events"),
        (told.receipts, "receipt", "receipts"),
        (told.answers, "kept answer", "kept answers"),
    )
    found = ", ".join(count(*part) for part in parts if part[0])
    if not found:
        return f"Nothing of {told.account_id} names them any more."
    return f"{'Would erase' if dry_run else 'Erased'}, of {told.account_id} and wherever else they are named: {found}."


def _kept(file: Path) -> list[Anchor]:
    return read_anchors(read_text(file)) if file.exists() else []
