"""The tenant's government, and what comes out of the blue: policies, switches, people who leave, news, whims."""

from datetime import timedelta
from functools import partial

from ledger import AccountState, TenantState
from orchestrator import Heard
from plan import Mode, Principal
from tests.simulation import events
from tests.simulation.agenda import Deed
from tests.simulation.customers import ADMINS, APPROVERS, OWNERS, SENIORS
from tests.simulation.machine import TENANT
from tests.simulation.people import EVERYBODY, REASON, open_at
from tests.simulation.policies import next_policy
from tests.simulation.stage import Stage
from tests.simulation.world import World

OFTEN = 6
"""Days between two things that come out of the blue, on average; in harsh lives they come oftener, by its root."""
_DECK = (
    *("_new_policy", "_change_owner", "_hear", "_meddle") * 2,
    *("_throw", "_shadow", "_leave", "_learn", "_delegate"),
)
"""Shuffled and dealt, so that each comes in a short life too."""
ROUND = timedelta(days=7)


class Government:
    """Those who govern, and chance."""

    def __init__(self, stage: Stage, world: World, harsh: float) -> None:
        self._stage, self._world, self._agenda = stage, world, stage.agenda
        self._often = OFTEN / harsh**0.5
        self._deck: list[Deed] = []

    def begin(self) -> None:
        """Put the first round and the first surprise on the agenda."""
        self._agenda.at(self._stage.clock.now() + ROUND, self._round)
        self._agenda.within(self._surprise, days=self._often)

    # what somebody sees to in any case

    def _round(self) -> None:
        """Every week: see that nothing lies about that nobody looks after."""
        stage = self._stage
        self._agenda.at(stage.clock.now() + ROUND, self._round)
        open_ones = open_at(stage.watch.plans)
        for state in open_ones:
            stage.notice(state)
        for account_id in sorted(set(stage.accounts) - {state.plan.account_id for state in open_ones}):
            self._world.draft_within(account_id, days=1)
        for account_id in stage.accounts:
            self.see_to(account_id)
        for _, state in sorted(stage.watch.states.items()):
            if isinstance(state, Principal) and not state.active:
                self._agenda.within(partial(self._come_back, state.principal_id), hours=30)
        self._open_up()

    def see_to(self, account_id: str) -> None:
        """Have a held account looked at."""
        state = self._stage.watch.states.get(f"account/{account_id}")
        if isinstance(state, AccountState) and state.holds:
            self._agenda.within(partial(self._release, account_id), hours=30)

    def _open_up(self) -> None:
        """Have each thing that stops effects taken back by two."""
        tenant = self._stage.watch.states.get(f"tenant/{TENANT}")
        if not isinstance(tenant, TenantState):
            return
        for admin in ADMINS:
            for switch in tenant.switches:
                self._agenda.within(partial(self._release_switch, switch.name, admin), hours=30)
            if tenant.mode is Mode.SHADOW:
                self._agenda.within(partial(self._go_live, admin), hours=30)

    def _release(self, account_id: str) -> None:
        self._stage.saw("account released")
        self._stage.machine.house.release(account_id, REASON, self._stage.person.any_of(*OWNERS, *APPROVERS, *SENIORS))

    def _come_back(self, name: str) -> None:
        self._stage.saw("person came back")
        admin = next(a for a in ADMINS if a != name)
        self._stage.machine.house.governance.reactivate(name, REASON, self._stage.person.who(admin))

    def _release_switch(self, name: str, admin: str) -> None:
        self._stage.saw("kill switch released")
        self._stage.machine.house.governance.release_switch(name, REASON, self._stage.person.who(admin))

    def _go_live(self, admin: str) -> None:
        self._stage.saw("went live")
        self._stage.machine.house.governance.go_live(REASON, self._stage.person.who(admin))

    # what comes out of the blue

    def _surprise(self) -> None:
        stage = self._stage
        if not stage.faults.on:
            return
        self._agenda.within(self._surprise, days=self._often)
        if not self._deck:
            self._deck = [getattr(self, name) for name in _DECK]
            stage.drawn.shuffle(self._deck)
        self._deck.pop()()

    def _new_policy(self) -> None:
        stage = self._stage
        first, second = stage.drawn.sample(ADMINS, 2)
        if stage.drawn.random() < 0.1:
            second = first
        kind, asked = next_policy(stage.drawn)
        stage.saw(kind)
        made = stage.machine.house.governance.propose_policy(asked, timedelta(days=20), stage.person.who(first))
        self._agenda.within(partial(self._publish, made.digest, second), hours=5)

    def _publish(self, digest: str, admin: str) -> None:
        self._stage.machine.house.governance.publish_policy(digest, self._stage.person.who(admin))
        self._stage.saw("policy published")

    def _throw(self) -> None:
        stage = self._stage
        names = stage.machine.house.governance.switch_names()
        broad = [name for name in names if not name.startswith("action:")]
        name = stage.drawn.choice(broad if stage.drawn.random() < 0.7 else names)
        stage.saw("kill switch")
        stage.machine.house.governance.throw_switch(name, REASON, stage.person.any_of(*ADMINS))

    def _shadow(self) -> None:
        self._stage.saw("went to shadow")
        self._stage.machine.house.governance.go_shadow(REASON, self._stage.person.any_of(*ADMINS))

    def _change_owner(self) -> None:
        stage = self._stage
        stage.saw("owner changed")
        account_id = stage.drawn.choice((*stage.accounts, None))
        stays = account_id is not None or stage.drawn.random() < 0.4
        self._world.deliver(events.owner(account_id, stage.drawn.choice(OWNERS), stage.clock.now(), active=stays))

    def _leave(self) -> None:
        self._stage.saw("person left")
        name = self._stage.drawn.choice(EVERYBODY)
        self._stage.machine.house.governance.deactivate(name, REASON, self._stage.person.any_of(*ADMINS))

    def _hear(self) -> None:
        stage = self._stage
        heard = stage.drawn.choice((Heard.REPLIED, Heard.REPLIED, Heard.OPTED_OUT, Heard.OPTED_IN, Heard.BOUNCED))
        stage.saw(f"contact {heard}")
        account_id = stage.drawn.choice(stage.accounts)
        contact_id = f"{account_id}-c{stage.drawn.randint(1, 3)}"
        self._world.deliver(events.reply(account_id, contact_id, heard, stage.clock.now()))

    def _learn(self) -> None:
        """Let the CRM say how a renewal stands."""
        stage, states = self._stage, open_at(self._stage.watch.plans)
        if not states:
            return
        plan = stage.drawn.choice(states).plan
        value = stage.drawn.choice(("CLOSED_WON", "CLOSED_LOST", "VERBAL", "OPEN"))
        stage.saw(f"renewal {value.lower()}")
        for contract_id, amount in plan.objective_params.baseline_arr_minor.items():
            kept = amount * stage.drawn.choice((100, 100, 60)) // 100
            self._world.deliver(events.renewal(plan.account_id, contract_id, value, kept, stage.clock.now()))

    def _meddle(self) -> None:
        states = open_at(self._stage.watch.plans)
        if states:
            self._stage.person.meddle(self._stage.drawn.choice(states))

    def _delegate(self) -> None:
        self._stage.person.delegate()
