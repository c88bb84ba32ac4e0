"""The commands that govern a tenant, one method each: switches, mode, policy, and who may act in whose stead."""

from collections.abc import Iterable
from datetime import timedelta

from gate import Act, PolicyBundle
from ledger import Anchor, KeyRotated, LogReopened, PolicyState, Switch
from orchestrator import capabilities, entitling, erasing, governing, keeping, publishing, replaying
from orchestrator.desk import Acting, Desk, bundle
from orchestrator.erasing import ErasureOutlook, Subject
from orchestrator.governing import Asked
from orchestrator.publishing import Outlook, ProposedPolicy, Told
from orchestrator.replaying import Replayed
from plan import Delegation, Principal, RiskClass, Role


def _unheard(_done: int, _of: int) -> None:
    """Hear of progress and tell nobody."""


class Governance:
    """One tenant's government. Every method is one transaction but `propose_policy`, and raises OncourseError."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def switch_names(self) -> tuple[str, ...]:
        """Return every kill switch that there is."""
        return governing.switch_names(self._desk.executor.name)

    def switches(self) -> tuple[Switch, ...]:
        """Return the kill switches that are on, with their reasons in clear text."""
        return governing.switches(self._desk)

    def throw_switch(self, name: str, reason: str, who: Acting, *, break_glass: bool = False) -> None:
        """Stop what a kill switch names."""
        governing.throw(self._desk, name, reason, who, break_glass=break_glass)

    def release_switch(self, name: str, reason: str, who: Acting) -> Asked:
        """Let it run again: it takes two people."""
        return governing.release(self._desk, name, reason, who)

    def go_shadow(self, reason: str, who: Acting, *, break_glass: bool = False) -> None:
        """Record effects instead of sending them."""
        governing.go_shadow(self._desk, reason, who, break_glass=break_glass)

    def go_live(self, reason: str, who: Acting) -> Asked:
        """Send effects: it takes two people."""
        return governing.go_live(self._desk, reason, who)

    def rotate_key(self, who: Acting) -> KeyRotated | None:
        """Let the newest key of the installation sign the ledger; None where it does already."""
        return keeping.rotate_key(self._desk, who)

    def reopen_ledger(self, lost: Anchor | None, reason: str, who: Acting) -> LogReopened:
        """Take the ledger up again after an older copy of it was put back."""
        return keeping.reopen(self._desk, lost, reason, who)

    def erasure(self, subject: Subject, who: Acting) -> ErasureOutlook:
        """Return what an erasure would take out."""
        return erasing.look(self._desk, subject, who)

    def erase(self, subject: Subject, request: str, who: Acting) -> ErasureOutlook:
        """Erase what names a person, or the people of an account."""
        return erasing.erase(self._desk, subject, request, who)

    def policies(self) -> tuple[tuple[PolicyState, bool], ...]:
        """Return every bundle with whether it is in force."""
        with self._desk.unit() as unit:
            return tuple(publishing.named_policies(unit))

    def policy(self, name: str) -> PolicyBundle:
        """Return a bundle by `current` or the beginning of its digest."""
        with self._desk.unit() as unit:
            return bundle(unit, None if name == "current" else publishing.find_policy(unit, name))[0]

    def look_back(self, new: PolicyBundle, span: timedelta, told: Told = _unheard) -> Outlook:
        """Say what a bundle would have changed; nothing is written."""
        return publishing.look_back(self._desk, new, span, told)

    def propose_policy(self, new: PolicyBundle, span: timedelta, who: Acting, told: Told = _unheard) -> ProposedPolicy:
        """Simulate a bundle and propose it."""
        return publishing.propose(self._desk, new, span, who, told)

    def publish_policy(self, prefix: str, who: Acting) -> tuple[str, str]:
        """Put a proposed bundle into force; returns its digest and the one of the bundle before."""
        with self._desk.unit() as unit:
            name = publishing.find_policy(unit, prefix)
        return name, publishing.publish(self._desk, name, who)

    def deactivate(self, principal_id: str, reason: str, who: Acting) -> tuple[str, ...]:
        """Let somebody act no more; returns the open plans that this person owns."""
        return entitling.deactivate(self._desk, principal_id, reason, who)

    def reactivate(self, principal_id: str, reason: str, who: Acting) -> None:
        """Let somebody act again."""
        entitling.reactivate(self._desk, principal_id, reason, who)

    def note_link(self, principal_id: str, who: Acting) -> None:
        """Write down that somebody is given a new way in."""
        entitling.note_link(self._desk, principal_id, who)

    def follow_groups(self, principal_id: str, roles: frozenset[Role], issuer: str) -> Principal:
        """Let somebody have the roles that their identity provider's groups give; they are added where unknown."""
        return entitling.follow_groups(self._desk, principal_id, roles, issuer)

    def delegate(
        self,
        to: str,
        acts: Iterable[Act],
        who: Acting,
        *,
        days: int,
        max_risk: RiskClass = RiskClass.MEDIUM,
        max_amount_minor: int | None = None,
    ) -> Delegation:
        """Let somebody act in one's own stead."""
        return entitling.delegate(
            self._desk, to, acts, who, days=days, max_risk=max_risk, max_amount_minor=max_amount_minor
        )

    def undelegate(self, to: str, who: Acting) -> None:
        """Take back what one delegated."""
        entitling.undelegate(self._desk, to, who)

    def who_may(self, act: Act, plan_id: str, step: str | None = None) -> tuple[str, ...]:
        """Return who could do an act on a plan or a step now."""
        with self._desk.unit() as unit:
            return capabilities.who_may(unit, act, plan_id, step)

    def replay(self, name: str) -> Replayed:
        """Judge again what was judged: by its address or the beginning of the decision's digest."""
        with self._desk.unit() as unit:
            return replaying.replay(unit, replaying.find_decision(unit, name))
