"""A machine that governs one plan over the real tables: legal acts often, illegal ones sometimes, every promise always."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gate import default_bundle
from orchestrator import Override, PlanEdit, Records, Removal
from plan import CLOSED, OncourseError, PlanStatus, StepStatus, spec_of
from tests.house import House, records

APPROVERS = st.sampled_from(["otto", "sara", "vera"])
ANYBODY = st.sampled_from(["mara", "otto", "sara", "vera", "root"])
REASON = "A sentence that everybody understands."


def policy(persons):
    raw = default_bundle().model_dump(mode="json")
    raw["authority"]["MEDIUM"]["persons"] = persons
    return type(default_bundle()).model_validate(raw)


class Governance(RuleBasedStateMachine):
    @initialize(persons=st.sampled_from([1, 2]), ticket=st.booleans(), seed=st.integers(0, 99))
    def begin(self, persons, ticket, seed):
        self.house = House(policy=policy(persons), seed=str(seed))
        self.persons = persons
        self.plan_id = self.house.draft(urgent_ticket=ticket)
        self.moves = 0

    @property
    def record(self):
        return self.house.record(self.plan_id)

    def status(self):
        return self.record.plan.status

    def tried(self, deed):
        """Do something that may be refused; a refusal changes nothing."""
        before = self.record
        try:
            deed()
        except OncourseError:
            assert self.record.state == before.state
            return False
        return True

    @precondition(lambda self: self.status() is PlanStatus.DRAFT)
    @rule(name=APPROVERS)
    def approve(self, name):
        before = self.record
        done = self.tried(lambda: self.house.approve(self.plan_id, name))
        if done and self.status() is PlanStatus.APPROVED:
            people = {a.principal_id for a in self.record.state.approvals}
            assert len(people) >= self.persons
            assert not people & self.record.state.editors
        if done:
            assert name not in before.state.editors

    @rule(name=ANYBODY)
    def approve_what_was_seen_long_ago(self, name):
        stale = "sha256:" + "0" * 64
        assert not self.tried(lambda: self.house.orchestrator.approve(self.plan_id, stale, self.house.who(name)))

    @precondition(lambda self: self.status() in {PlanStatus.DRAFT, PlanStatus.APPROVED})
    @rule(name=ANYBODY, number=st.integers(0, 20))
    def edit(self, name, number):
        steps = [s for s in self.record.plan.steps if not s.settled and s.attempts == 0]
        if not steps:
            return
        gone = Removal(step_id=steps[number % len(steps)].step_id, reason=REASON)
        answers = ("As asked.",) * len(self.record.state.sent_back)
        revision = self.record.plan.revision
        edit = PlanEdit(removed=(gone,), answers=answers)
        if self.tried(lambda: self.house.orchestrator.edit(self.plan_id, edit, self.house.who(name))):
            after = self.record
            assert after.plan.revision == revision + 1
            assert after.state.approvals == ()
            assert name in after.state.editors

    @precondition(lambda self: self.status() is PlanStatus.DRAFT)
    @rule(name=ANYBODY)
    def send_back(self, name):
        self.tried(lambda: self.house.orchestrator.send_back(self.plan_id, REASON, self.house.who(name)))

    @rule(days=st.sampled_from([0, 0, 1, 1, 3, 8]))
    def time_passes(self, days):
        self.house.run(days)

    @precondition(lambda self: self.status() is PlanStatus.ACTIVE)
    @rule(name=APPROVERS)
    def approve_steps(self, name):
        for step in self.record.plan.steps:
            if step.status is StepStatus.PENDING_APPROVAL:
                with self.house.unit() as unit:
                    kept = unit.effects.artefact(self.plan_id, step.step_id, step.attempts + 1)
                codes = self.house.orchestrator.judged_step(self.plan_id, str(step.step_id)).overrides
                override = Override(codes=codes, reason=REASON) if codes else None
                self.tried(
                    lambda step=step, kept=kept, override=override: self.house.orchestrator.approve_step(
                        self.plan_id, str(step.step_id), kept.digest, self.house.who(name), override=override
                    )
                )

    @precondition(lambda self: self.status() not in CLOSED)
    @rule(name=ANYBODY, good=st.booleans())
    def outcome(self, name, good):
        for step in self.record.plan.steps:
            if step.status is StepStatus.AWAITING_OUTCOME:
                spec = spec_of(step.action_type)
                said = (spec.outcomes_ok if good else spec.outcomes_bad)[0]
                self.tried(
                    lambda step=step, said=said: self.house.orchestrator.report_outcome(
                        self.plan_id, str(step.step_id), said, self.house.who(name)
                    )
                )
                return

    @precondition(lambda self: self.status() in {PlanStatus.ACTIVE, PlanStatus.PAUSED})
    @rule(name=ANYBODY)
    def reopen(self, name):
        frozen = [s for s in self.record.plan.steps if s.attempts]
        if self.tried(lambda: self.house.orchestrator.reopen(self.plan_id, REASON, self.house.who(name))):
            after = self.record.plan
            assert [after.step(s.step_id).status for s in frozen if s.settled] == [
                s.status for s in frozen if s.settled
            ]
            assert self.record.state.approvals == self.record.state.step_approvals == ()

    @precondition(lambda self: self.status() is PlanStatus.ACTIVE)
    @rule(name=ANYBODY)
    def pause(self, name):
        self.tried(lambda: self.house.orchestrator.pause(self.plan_id, REASON, self.house.who(name)))

    @precondition(lambda self: self.status() is PlanStatus.PAUSED)
    @rule(name=ANYBODY)
    def resume(self, name):
        waits = self.record.state.handover
        done = self.tried(lambda: self.house.orchestrator.resume(self.plan_id, REASON, self.house.who(name)))
        assert not (done and waits is not None)

    @precondition(lambda self: self.status() not in CLOSED)
    @rule(owner=st.sampled_from(["mara", "otto", "vera", None]))
    def the_account_changes_hands(self, owner):
        before = self.record
        moved = records()["accounts"][0].model_copy(update={"owner_id": owner})
        with self.house.unit() as unit:
            had = unit.accounts.get("acme").owner_id
        self.house.orchestrator.take_records(Records(families={"accounts": (moved,)}), self.house.who("root"))
        after = self.record
        if had != owner and before.plan.owner != (owner or "nobody"):
            assert after.plan.owner == (owner or "nobody")
            assert after.plan.status in {PlanStatus.DRAFT, PlanStatus.PAUSED}
            assert after.plan.status is PlanStatus.PAUSED or after.state.approvals == ()

    @precondition(lambda self: self.status() not in CLOSED and self.record.state.handover is not None)
    @rule(name=ANYBODY)
    def accept(self, name):
        to = self.record.state.handover.to
        done = self.tried(lambda: self.house.orchestrator.accept(self.plan_id, self.house.who(name)))
        assert done == (name == to)

    @precondition(lambda self: self.status() not in CLOSED)
    @rule(name=ANYBODY, to=st.sampled_from(["mara", "vera"]))
    def transfer(self, name, to):
        self.tried(lambda: self.house.orchestrator.transfer(self.plan_id, to, REASON, self.house.who(name)))

    @invariant()
    def every_promise_holds(self):
        self.moves = getattr(self, "moves", 0) + 1
        if self.moves % 5 == 0:
            assert self.house.broken() == []

    def teardown(self):
        if hasattr(self, "house"):
            self.house.run(150)
            assert self.house.broken() == []
            assert self.status() in CLOSED


TestGovernance = Governance.TestCase
TestGovernance.settings = settings(
    max_examples=settings.default.max_examples // 4,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
