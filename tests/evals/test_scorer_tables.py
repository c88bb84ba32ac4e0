"""The small tables that scorers read, and how texts, dates and evidence are read, one by one."""

from datetime import date, timedelta

import pytest

from evals.cases import case_of
from evals.reading import FRESH, ancestors, last_instant, placed, renews_on, required_by, succeeded_before, texts
from evals.scorers.evidence import rows_of, stems, stems_of
from evals.scorers.figures import KnownFigures
from evals.treatments import CALLED_FOR, CLOSING, COMMERCIAL, LEADING, SUPPORTING, TREATABLE, TREATS, treatable
from evals.trying import scripted
from gate import default_bundle
from plan import PRECONDITIONS, ProposedDependency, SignalType, catalogue
from tests.evals.samples import CASE, KNOWN, MONDAY, PLAN, STEPS, answer, case, decline, on, plan, signal, step

TALK = (
    "USAGE_DROP USAGE_DECLINE_STREAK NO_USAGE LOW_ADOPTION EXEC_SILENCE RELATIONSHIP_COLD NPS_DETRACTOR COST_OPTIMIZING "
    "DOWNGRADE PARTIAL_CHURN COMPETITOR_EVALUATION CHURN_THREAT DATA_EXPORT_REQUEST"
)
TREATED = {
    "LAUNCH_ADOPTION_PLAY": "USAGE_DROP USAGE_DECLINE_STREAK NO_USAGE LOW_ADOPTION",
    "ESCALATE_SUPPORT_RISK": "SUPPORT_ESCALATION SLA_BREACHED TICKET_LOAD",
    "REBUILD_CHAMPION": "CHAMPION_LEFT SINGLE_THREADED",
    "MAP_STAKEHOLDERS": "CHAMPION_LEFT SINGLE_THREADED",
    "ENGAGE_EXEC_SPONSOR": "COMPETITOR_EVALUATION CHURN_THREAT DATA_EXPORT_REQUEST EXEC_SILENCE",
    "RESOLVE_BILLING_BLOCKER": "PAYMENT_OVERDUE",
    "REQUEST_RENEWAL_MEETING": TALK,
    "RUN_VALUE_REVIEW": TALK,
    "REQUEST_DISCOUNT_APPROVAL": "COST_OPTIMIZING DOWNGRADE",
    "SEND_RENEWAL_PROPOSAL": "COST_OPTIMIZING DOWNGRADE",
}


def test_each_action_treats_what_it_is_for():
    assert {name: set(types) for name, types in TREATS.items()} == {k: set(v.split()) for k, v in TREATED.items()}


def test_what_no_action_treats_asks_for_a_person():
    good = {"USAGE_GROWTH", "SEAT_LIMIT_NEAR", "UPGRADE", "PROMOTER", "LEGAL_HOLD"}
    assert set(SignalType) - TREATABLE == good


def test_every_action_of_the_catalogue_treats_closes_or_supports():
    assert set(CLOSING) == {"RECORD_COMMITMENT", "SEND_RENEWAL_PROPOSAL"}
    assert set(LEADING) == {"REQUEST_RENEWAL_MEETING", "RUN_VALUE_REVIEW"}
    assert {"PREP_RENEWAL_BRIEF", "CONFIRM_RENEWAL_OWNER", "NOTIFY_ACCOUNT_TEAM"} == SUPPORTING
    assert {*CLOSING, *LEADING, "ENGAGE_EXEC_SPONSOR", "REQUEST_DISCOUNT_APPROVAL"} == COMMERCIAL
    assert {*TREATS, *CLOSING, *SUPPORTING} == {spec.action_type for spec in catalogue().actions}
    assert all(name in PRECONDITIONS for name in CALLED_FOR.values())


def test_a_signal_can_be_treated_where_an_approved_action_finds_what_it_needs():
    def able(kind, **known):
        of = case(signals=(signal("x", kind),), **known)
        return treatable(of.request.situation.signals[0], of.request)

    owed = (KNOWN.invoices[0].model_copy(update={"paid_on": None}),)
    assert able("SUPPORT_ESCALATION")
    assert not able("SUPPORT_ESCALATION", tickets=())
    assert not able("PAYMENT_OVERDUE")
    assert able("PAYMENT_OVERDUE", invoices=owed)
    assert not able("PAYMENT_OVERDUE", invoices=owed, actions=("MAP_STAKEHOLDERS", "RUN_VALUE_REVIEW"))
    assert able("CHAMPION_LEFT", actions=("MAP_STAKEHOLDERS",))
    assert not able(
        "EXEC_SILENCE",
        actions=("ENGAGE_EXEC_SPONSOR",),
        account=KNOWN.account.model_copy(update={"exec_sponsor_id": None}),
    )
    assert able("EXEC_SILENCE", actions=("ENGAGE_EXEC_SPONSOR",))
    assert not able("PROMOTER")


# reading


@pytest.mark.parametrize("name", ["sample", "aurora", "brixton", "jarrow", "lomond"])
def test_scorers_place_steps_and_the_last_instant_as_assembly_does(name):
    of = CASE if name == "sample" else case_of(name)
    outcome = PLAN if name == "sample" else scripted(of).outcome
    made = answer(outcome, of).plan
    assert [found.starts for found in placed(outcome, of.request)] == [s.not_before for s in made.steps]
    assert last_instant(of.request) == made.objective_params.deadline


def test_a_step_starts_at_nine_or_now_and_ends_when_its_action_typically_does():
    noon = case(now=MONDAY + timedelta(hours=5))
    assert [(p.starts - MONDAY, p.ends - p.starts) for p in placed(PLAN, noon.request)][:3] == [
        (timedelta(hours=5), timedelta(minutes=10)),
        (timedelta(hours=5), timedelta(days=2)),
        (timedelta(days=1, hours=1), timedelta(days=2)),
    ]
    odd = placed(plan(step("odd", "DANCE", 12, "s1")), noon.request)[-1]
    assert (odd.spec, odd.starts, odd.ends) == (None, MONDAY + timedelta(days=14, hours=1), odd.starts)


def test_the_first_renewal_counts():
    later = KNOWN.contracts[0].model_copy(update={"contract_id": "k2", "renews_on": date(2026, 7, 20)})
    assert renews_on(case(contracts=(later, *KNOWN.contracts)).request) == date(2026, 6, 30)


def test_done_is_fresh_as_long_as_policy_says():
    assert timedelta(days=default_bundle().outcome_freshness_days) == FRESH


def test_what_comes_before_a_step_is_found_however_it_waits_and_in_a_circle_too():
    before = ancestors(PLAN)
    assert before["brief"] == frozenset()
    assert before["signed"] == {"review", "meeting", "brief", "owner", "help"}
    circle = ancestors(plan(brief={"depends_on": on("signed")}))
    assert circle["brief"] == {"signed", "review", "meeting", "brief", "owner", "help"}
    assert ancestors(plan(owner={"depends_on": on("nowhere")}))["owner"] == {"nowhere"}


def test_what_has_surely_ended_well_is_waited_for_by_its_success_or_by_good_outcomes_alone():
    def sure(*needs, of="review"):
        return succeeded_before(plan(step("odd", "DANCE", 0, "s1"), review={"depends_on": needs}), of)

    def either(*outcomes):
        return ProposedDependency(key="meeting", kind="OUTCOME_IN", outcomes=outcomes)

    prepared = {"brief", "owner", "help"}
    assert succeeded_before(PLAN, "signed") == {"review", "meeting", *prepared}
    assert sure(either("MEETING_BOOKED")) == {"meeting", *prepared}
    assert sure(either("MEETING_BOOKED", "NO_REPLY")) == prepared
    assert sure(ProposedDependency(key="meeting", kind="FINISHED"), *on("map")) == {"map", "brief"}
    assert sure(*on("odd", "brief")) == {"brief"}
    assert sure(*on("signed"), of="signed") == {"review", "signed"}
    circle = plan(meeting={"depends_on": on("review")})
    assert succeeded_before(circle, "signed") == {"review", "meeting"}


def test_what_an_action_requires_is_read_off_the_catalogue():
    assert required_by("RUN_VALUE_REVIEW") == {"REQUEST_RENEWAL_MEETING"}
    assert required_by("PREP_RENEWAL_BRIEF") == frozenset()
    assert required_by("DANCE") == frozenset()


def test_every_text_is_read_with_its_place():
    told = PLAN.model_validate(PLAN.model_dump() | {"answers": [{"reason_number": 3, "answer": "Because."}]})
    assert list(texts(decline())) == [("the suggestion", "Talk to them.")]
    assert list(texts(told))[:4] == [
        ("the summary", PLAN.summary),
        ("step brief", "As planned."),
        ("step owner", "As planned."),
        ("step help", "The ticket is open.\nThe renewal is at stake."),
    ]
    assert list(texts(told))[-1] == ("answer 3", "Because.")
    assert ("step review", "So.\n") in texts(plan(review={"rationale": "So.", "params": {}}))


# evidence


def test_everything_that_may_be_cited_is_found_with_its_family():
    assert {ref: family for ref, (family, _row) in rows_of(KNOWN).items()} == {
        **dict.fromkeys(("s1", "s2", "s3", "s4", "s5"), "signals"),
        **dict.fromkeys(("t1", "t2"), "tickets"),
        "i1": "invoices",
        **dict.fromkeys(("o1", "o2"), "opportunities"),
        "k1": "contracts",
        "h1": "history",
    }
    assert set(rows_of(KNOWN)) == KNOWN.evidence_ids()


def test_a_word_is_known_by_its_first_four_letters():
    assert stems("Usage, usages; a Bill of 1234 and snake_case: Größe") == {"usag", "bill", "snak", "case", "grös"}


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("s1", "usage drop product feature"),
        ("s2", "champion left single"),
        ("s3", "support escalation ticket outage"),
        ("s4", "relationship cold quiet silent"),
        ("s5", "detractor survey price value"),
        ("t1", "ticket support"),
        ("i1", "invoice bill overdue"),
        ("o1", "deal offer renewal order"),
        ("k1", "contract renewal"),
        ("h1", "touch contact call"),
    ],
)
def test_people_speak_of_evidence_in_these_words_and_of_nothing_else(ref, words):
    mine = stems_of(ref, KNOWN)
    assert stems(words) <= mine
    assert not mine & stems("promised percent down people matter account important")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("COMPETITOR_EVALUATION", "threat rival leave"),
        ("PAYMENT_OVERDUE", "bill invoice"),
        ("LEGAL_HOLD", "legal hold"),
    ],
)
def test_people_speak_of_other_signals_too(kind, words):
    assert stems(words) <= stems_of("x", case(signals=(signal("x", kind),)).request.situation)


# figures


def loose(text, refs="", *steps, of=CASE):
    return KnownFigures(of.request).loose(text, refs.split(), steps)


def test_figures_inside_ids_are_none():
    tickets = tuple(KNOWN.tickets[0].model_copy(update={"ticket_id": ref}) for ref in ("T-22", "T-2201"))
    contact = KNOWN.contacts[0].model_copy(update={"contact_id": "c-77"})
    of = case(tickets=tickets, contacts=(contact,))
    assert loose("T-22, T-2201 and c-77", of=of) == []
    assert loose("T-2202", of=of) == ["2202"]
    assert loose("9-90", of=case(signals=(signal("9-90", "USAGE_DROP"),))) == []


@pytest.mark.parametrize(
    ("family", "ref"),
    [
        ("contracts", "contract_id"),
        ("contacts", "contact_id"),
        ("tickets", "ticket_id"),
        ("invoices", "invoice_id"),
        ("signals", "signal_id"),
        ("history", "touch_id"),
    ],
)
def test_how_many_there_are_of_each_is_known_to_all(family, ref):
    row = getattr(KNOWN, family)[0]
    rows = tuple(row.model_copy(update={ref: f"x{n}"}) for n in range(17))
    assert loose("There are 17.") == ["17"]
    assert loose("There are 17.", of=case(**{family: rows})) == []


def test_the_last_day_is_known_to_all_and_how_long_an_action_takes_to_its_step():
    assert loose("It is 30 before, 120 days, 90 days.") == []
    assert loose("It takes 7 days.") == ["7"]
    assert loose("It takes 7 days.", "", STEPS[6]) == []
    assert loose("It is day 16.", "", STEPS[6]) == []
    assert loose("It is day 16.", "", step("odd", "DANCE", 16, "s1")) == []


def test_each_family_says_its_own_dates():
    later = KNOWN.contracts[0].model_copy(update={"contract_id": "k2", "renews_on": date(2026, 8, 1)})
    of = case(contracts=(*KNOWN.contracts, later))
    assert loose("On 2026-08-01, in 152 days.", "k2", of=of) == []
    assert loose("On 2026-08-01, in 152 days.", "k1", of=of) == ["152", "2026-08-01"]
    assert loose("On 2026-02-19, 2025-12-31, 2025-12-22 and 2026-02-20.", "t1 i1 h1 s1") == []
    assert loose("120000 a year, 30000 paid.", "k1 i1 o1") == ["120000", "30000"]
