"""Notices: people are told that something waits, once; each morning what waits for them; and others when nobody came.

What is to be told is written down first, one row for each person, channel and thing, and taken as told before it
leaves: a courier that dies in between loses a message, which the next digest repeats, and never sends one twice.
"""

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from oncourse.config import Notify
from oncourse.courier.messages import Message, digest, pointing
from oncourse.courier.messengers import Messenger
from orchestrator import Clock, Waiting, waiting, waits_for
from store import NOBODY, Notice, NoticeKind, StaleError, Store, Unit

AGAIN = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
"""How long after each failure a channel is tried again; after the last one the message is given up."""
TURN = timedelta(seconds=20)
"""Time for messages before others have their turn."""
MOST = 200
"""Messages in one round."""
KEPT = timedelta(days=7)
"""How long a day's digest is remembered."""
_DIGEST = "digest/"
_AT_ONCE = frozenset({"draft", "step", "handover"})
_log = logging.getLogger(__name__)


class Notices:
    """Tells one tenant's people."""

    def __init__(
        self,
        store: Store,
        tenant_id: str,
        *,
        connector: str,
        messenger: Messenger,
        clock: Clock,
        settings: Notify,
        public_url: str = "",
    ) -> None:
        """Take what carries out the steps that are sent as `connector`: what waits is judged with its name.

        `public_url` is where people open the pages; without it messages name the command.
        """
        self._store, self._tenant, self._connector = store, tenant_id, connector
        self._messenger, self._clock = messenger, clock
        self._settings, self._public_url = settings, public_url

    def tell(self, now: datetime) -> int:
        """Tell everybody what is to be told now; return how many messages a channel took."""
        if not any(self._settings.people.values()):
            return 0
        with self._store.unit(self._tenant, now, self._connector, reading=True) as unit:
            if unit.virtual_now() is not None:
                return 0
            look = _Look(unit, self._settings, self._public_url, now)
            made = list(look.fresh())
        try:
            with self._store.unit(self._tenant, now, self._connector) as unit:
                unit.notices.forget(look.things.keys(), _DIGEST, now - KEPT)
                for notice in made:
                    unit.notices.add(notice)
        except StaleError:
            return 0  # another courier was faster and tells the same
        return self._send(look, now)

    def _send(self, look: "_Look", now: datetime) -> int:
        with self._store.unit(self._tenant, now, reading=True) as unit:
            due = unit.notices.due(now, MOST)
        count = 0
        for notice in due:
            if self._clock.now() - now > TURN:
                break
            count += self._send_one(look, notice, now)
        return count

    def _send_one(self, look: "_Look", notice: Notice, now: datetime) -> bool:
        channels = self._settings.people.get(notice.principal_id, ())
        with self._store.unit(self._tenant, now) as unit:
            if not unit.notices.take(notice) or notice.channel >= len(channels):
                return False
        message = look.message(notice)
        if message is None:
            return False
        if self._messenger.send(channels[notice.channel], message):
            return True
        more = notice.tries < len(AGAIN)
        told = "it is tried again" if more else "the message is given up"
        who = (notice.principal_id, notice.channel + 1)
        _log.warning("a message to %s was not taken by their channel %d; %s", *who, told)
        with self._store.unit(self._tenant, now) as unit:
            if more:
                unit.notices.put_off(notice, now + AGAIN[notice.tries])
            else:
                unit.notices.give_up(notice)
        return False


class _Look:
    """What waits at one instant, and who is to be told of it."""

    def __init__(self, unit: Unit, settings: Notify, public_url: str, now: datetime) -> None:
        self._settings, self._public_url, self._now = settings, public_url, now
        self._zone = unit.tenant().calendar
        self._seen = unit.notices.of("seen")
        self._escalated = unit.notices.of("escalation")
        self._day = f"{_DIGEST}{self._zone.local_date(now)}"
        at = settings.digest_at
        due = now >= self._zone.at(self._zone.local_date(now), at.hour, at.minute)
        self._digest_due = due and self._day not in unit.notices.of("digest")
        self._active = {one.principal_id for one in unit.principals.every() if one.active}
        self.things = {_about(one): one for one in waiting(unit)}
        asked = self.things.keys() if self._digest_due else [
            about for about in self.things if about not in self._seen and self._at_once(about)
        ]  # fmt: skip
        self._could = {about: frozenset(waits_for(unit, self.things[about])) for about in asked}
        self._lists: dict[str, list[str]] = {}
        self._list(unit)

    def _list(self, unit: Unit) -> None:
        """Keep each person's list of the day, the oldest first; also for a digest that is only tried again."""
        again = [one for one in unit.notices.due(self._now, MOST) if one.about == self._day]
        if again and not self._digest_due:
            self._could = {about: frozenset(waits_for(unit, one)) for about, one in self.things.items()}
        if again or self._digest_due:
            oldest = sorted(self.things, key=lambda about: (self._since(about), about))
            for name in self._settings.people:
                self._lists[name] = [about for about in oldest if name in self._could[about]]

    def fresh(self) -> Iterator[Notice]:
        """Yield a row for everything that is to be told and was not written down yet."""
        now = self._now
        for about in self.things:
            if about not in self._seen:
                yield Notice(principal_id=NOBODY, about=about, kind="seen", at=now)
                if self._at_once(about):
                    yield from self._to(sorted(self._could[about]), about, "review")
            elif self._is_late(about):
                yield from self._to(self._settings.escalate_to, about, "escalation")
        if self._digest_due:
            yield Notice(principal_id=NOBODY, about=self._day, kind="digest", at=now)
            yield from self._to((name for name, list_ in self._lists.items() if list_), self._day, "digest")

    def message(self, notice: Notice) -> Message | None:
        """Return what a notice says now; None where nothing of it waits any more."""
        told = {"public_url": self._public_url, "zone": self._zone.time_zone}
        if notice.kind == "digest":
            mine = self._lists.get(notice.principal_id, []) if notice.about == self._day else []
            since = {place: self._since(about) for place, about in enumerate(mine)}
            return digest([self.things[about] for about in mine], since, **told) if mine else None
        one = self.things.get(notice.about)
        return None if one is None else pointing(notice.kind, one, self._since(notice.about), **told)

    def _to(self, names: Iterable[str], about: str, kind: NoticeKind) -> Iterator[Notice]:
        for name in dict.fromkeys(names):  # whoever is named twice is told once
            if name in self._active:
                for channel in range(len(self._settings.people.get(name, ()))):
                    yield Notice(
                        principal_id=name, about=about, kind=kind, channel=channel, at=self._now, next_at=self._now
                    )

    def _at_once(self, about: str) -> bool:
        return self.things[about].kind in _AT_ONCE

    def _is_late(self, about: str) -> bool:
        late = self._now - self._since(about) >= timedelta(hours=self._settings.escalate_after_hours)
        return late and self._at_once(about) and about not in self._escalated

    def _since(self, about: str) -> datetime:
        return self._seen.get(about, self._now)


def _about(one: Waiting) -> str:
    """Return what tells one thing that waits from others; another text of a step is another thing."""
    name = one.account_id if one.plan_id is None else f"{one.plan_id}/{one.step_id or '-'}"
    return f"{one.kind}/{name}/{one.digest}" if one.kind == "step" else f"{one.kind}/{name}"
