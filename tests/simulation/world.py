"""The world: postures change, customers answer early, late, twice or never, and systems deliver again."""

from collections import Counter
from datetime import timedelta
from functools import partial

from ledger import PlanState
from orchestrator import BadInputError, Order, Records
from plan import Contract, PlanStep, StepStatus, spec_of
from store import Event
from tests.simulation import events
from tests.simulation.customers import ADMINS, Known
from tests.simulation.faults import Death
from tests.simulation.people import by_hand, open_at
from tests.simulation.stage import Stage
from tests.simulation.watching import FindingError

OVERLAP = 0.2
"""How often a contract is still to renew when the next one is, so that a plan may be about several."""


class World:
    """What other parties do, each in its own time."""

    def __init__(self, stage: Stage) -> None:
        self._stage, self._agenda = stage, stage.agenda
        self._answered: set[str] = set()
        self._drafting: set[str] = set()
        self._taken: dict[tuple[str, str], Event] = {}
        self._cycles: Counter[str] = Counter()
        self._to_renew: dict[str, list[Contract]] = {}
        """The contracts of each account whose day of renewal comes within the year."""

    def draft_within(self, account_id: str, days: int) -> None:
        """Let the posture of an account change after so many days, unless that is to come already."""
        stage = self._stage
        if account_id in self._drafting or not stage.faults.on:
            return
        self._drafting.add(account_id)
        at = stage.clock.now() + timedelta(days=days, minutes=stage.drawn.randint(0, 900))
        self._agenda.at(at, partial(self._draft, account_id))

    def _draft(self, account_id: str) -> None:
        stage, now = self._stage, self._stage.clock.now()
        self._drafting.discard(account_id)
        self._cycles[account_id] += 1
        cycle = self._cycles[account_id]
        known = Known(account_id, cycle, now, stage.drawn, self._renewed(account_id))
        self._to_renew.setdefault(account_id, []).append(known.contract)
        records = Records(families=known.families())
        stage.machine.house.take_records(records, stage.person.who(stage.drawn.choice(ADMINS)))
        self.deliver(events.posture(account_id, cycle, known.reading(), now))

    def _renewed(self, account_id: str) -> tuple[Contract, ...]:
        """Return the contracts that are renewed by now; while a plan is about them, and now and then else, none is."""
        about_them = any(state.plan.account_id == account_id for state in open_at(self._stage.watch.plans))
        if about_them or self._stage.drawn.random() < OVERLAP:
            return ()
        return tuple(self._to_renew.pop(account_id, ()))

    def deliver(self, event: Event) -> None:
        """Bring an event until it is taken, and now and then again; what was taken before must change nothing."""
        stage, name = self._stage, (event.source, event.event_id)
        try:
            news = stage.machine.house.receive(event)
        except Death:
            self._agenda.within(partial(self.deliver, event), hours=1)
            raise
        except BadInputError as error:
            raise FindingError("LIVE", f"an event that fits was refused: {error}") from error
        if news and name in self._taken:
            raise FindingError("P4", f"event {'/'.join(name)} counted twice")
        self._taken[name] = event
        if stage.faults.strikes("event delivered again"):
            again = stage.drawn.choice(list(self._taken.values()))
            self._agenda.within(partial(self.deliver, again), hours=24)

    def answer_now(self, order: Order) -> Event:
        """Return the customer's answer to an order of which nobody knows yet that it left."""
        self._answered.add(order.key)
        said, name = spec_of(order.action_type).outcomes_ok[0], f"early-{order.key[-40:]}"
        now = self._stage.clock.now()
        return events.outcome(str(order.plan_id), str(order.step_id), order.account_id, name, said, now)

    def answer(self, state: PlanState) -> None:
        """See what is newly out, and draw what comes of it and when."""
        for step in state.plan.steps:
            key = f"{state.plan.plan_id}:{step.step_id}:{step.attempts}"
            if step.status is StepStatus.AWAITING_OUTCOME and key not in self._answered:
                self._answered.add(key)
                self._will_answer(state, step, key)

    def _will_answer(self, state: PlanState, step: PlanStep, key: str) -> None:
        stage, strikes, spec = self._stage, self._stage.faults.strikes, spec_of(step.action_type)
        if strikes("silence"):
            return
        said = stage.drawn.choice(spec.outcomes_ok)
        if strikes("bad outcome"):
            said = stage.drawn.choice(spec.outcomes_bad)
        if strikes("outcome that nobody knows"):
            said = "WEIRD"
        at = self._agenda.soon(days=4)
        if strikes("outcome late"):
            at = stage.clock.now() + spec.outcome_timeout + timedelta(days=stage.drawn.randint(1, 10))
        plan_id, account_id = str(state.plan.plan_id), state.plan.account_id
        if by_hand(step) and stage.drawn.random() < 0.5:
            self._agenda.at(at, lambda: stage.person.report(plan_id, step.step_id, said))
            return
        if said in {"COMMITMENT_SIGNED", "CLOSED_WON"} and stage.drawn.random() < 0.7:
            for contract_id, amount in state.plan.objective_params.baseline_arr_minor.items():
                won = events.renewal(account_id, contract_id, "CLOSED_WON", amount, at)
                self._agenda.at(at, partial(self.deliver, won))
        event = events.outcome(plan_id, str(step.step_id), account_id, f"o-{key[-50:]}", said, at)
        self._agenda.at(at, partial(self.deliver, event))
        if strikes("outcome twice"):
            self._agenda.at(at + timedelta(minutes=stage.drawn.randint(0, 3000)), partial(self.deliver, event))
        if strikes("outcome repeated under another name"):
            again = event.model_copy(update={"event_id": f"again-{event.event_id}"})
            self._agenda.at(at + timedelta(minutes=stage.drawn.randint(0, 30_000)), partial(self.deliver, again))
