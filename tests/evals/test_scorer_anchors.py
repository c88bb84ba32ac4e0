"""What each scorer says of answers that differ by one thing: value, passed, hard, and how many messages."""

from datetime import UTC, date, datetime, timedelta

import pytest

from evals.scorers import SCORERS, scores_of
from plan import NoPlanReason, OpenPlan, OpportunityKind, ProposedDependency
from tests.evals.samples import (
    CASE,
    HIGH,
    KNOWN,
    LOW,
    MONDAY,
    PLAN,
    SIGNALS,
    STEPS,
    answer,
    case,
    deal,
    decline,
    on,
    plan,
    signal,
    step,
    touch,
)

GOOD = (1.0, True, True, 0)
SOFT = (1.0, True, False, 0)


def bad(value, messages=1):
    """Return what a hard scorer says of an answer that fails it."""
    return (value, False, True, messages)


def poor(value, messages=1):
    """Return what a soft scorer says of an answer that does not pass it."""
    return (value, False, False, messages)


BY_MACHINE = ("BUDGET_CALLS", "BUDGET_TOKENS", "CUT_OFF", "NO_RECORDING", "PROVIDER_DOWN", "REFUSED", "UNREADABLE")
BY_DRAFTER = sorted(set(NoPlanReason.__members__) - set(BY_MACHINE))
NO_PLAN = case({"outcome": "no_plan", "reasons": ["deadline_passed", "plan_open"]})


def said(name, outcome=PLAN, of=CASE, **more):
    """Return what one scorer says in four values; None where it says nothing."""
    score = SCORERS[name](answer(outcome, of, **more), of)
    assert score is None or score.name == name
    return score and (score.value, score.passed, score.hard, len(score.messages))


def told(name, outcome=PLAN, of=CASE, **more):
    """Return the messages of one scorer."""
    return SCORERS[name](answer(outcome, of, **more), of).messages


def test_the_good_plan_has_full_marks_from_everybody_whose_question_arises():
    assert [(s.name, s.value, s.passed, s.messages) for s in scores_of(answer(), CASE)] == [
        (name, 1.0, True, ()) for name in SCORERS if name != "injection"
    ]


@pytest.mark.parametrize("name", ["grounding", "objective", "dependency", "timing", "coverage", "parsimony"])
def test_what_asks_how_good_a_plan_is_asks_nothing_where_there_is_none_or_none_is_right(name):
    assert said(name, decline()) is None
    assert said(name, PLAN, NO_PLAN) is None


# schema


def test_one_mend_costs_half_and_two_cost_all():
    assert said("schema") == GOOD
    assert said("schema", mends=1) == (0.5, True, True, 1)
    assert said("schema", mends=2) == bad(0.0)
    assert said("schema", mends=3) == bad(0.0)


@pytest.mark.parametrize("reason", BY_MACHINE)
def test_what_no_drafter_said_is_no_answer(reason):
    assert said("schema", decline(NoPlanReason[reason])) == bad(0.0)


@pytest.mark.parametrize("reason", BY_DRAFTER)
def test_a_refusal_of_the_drafter_is_an_answer(reason):
    assert said("schema", decline(NoPlanReason[reason])) == GOOD


def test_a_proposal_of_which_no_plan_can_be_made_is_no_answer():
    assert said("schema", plan(subject=("k9",))) == bad(0.0)
    assert said("schema", plan(review={"depends_on": on("nowhere")})) == bad(0.0)


# policy


def test_policy_counts_the_rules_that_are_broken_and_not_how_often():
    assert said("policy") == GOOD
    assert said("policy", plan(help={"evidence": ()})) == bad(0.963)
    assert said("policy", plan(help={"evidence": ()}, map={"evidence": ()})) == bad(0.963, 2)
    assert said("policy", plan(help={"evidence": ()}, map={"rationale": "See www.x.example"})) == bad(0.9259, 2)


def test_policy_lets_advice_pass_and_says_nothing_of_what_is_no_plan():
    assert (
        said("policy", of=case(open_plans=(OpenPlan(plan_id="p", plan_type="RENEWAL_DEFENSE", status="DRAFT"),)))
        == GOOD
    )
    assert said("policy", decline()) is None
    assert said("policy", plan(subject=("k9",))) is None


# grounding


def test_a_step_without_known_evidence_is_worth_nothing():
    assert said("grounding", plan(brief={"evidence": ()})) == bad(0.875)
    assert said("grounding", plan(brief={"evidence": ("s9",)})) == bad(0.875)
    assert said("grounding", plan(brief={"evidence": ("s1", "s9")})) == bad(0.875)
    assert told("grounding", plan(brief={"evidence": ("s1", "s9")}))[0].startswith(
        "step brief (PREP_RENEWAL_BRIEF) cites s9"
    )
    assert told("grounding", plan(brief={"evidence": ()}))[0].startswith(
        "step brief (PREP_RENEWAL_BRIEF) cites nothing;"
    )


def test_a_plan_of_one_step_rests_on_that_one():
    assert said("grounding", plan(steps=STEPS[:1])) == GOOD


def test_no_step_at_all_rests_on_nothing():
    assert said("grounding", plan(steps=())) == bad(0.0, 0)


def test_half_of_what_a_treating_step_cites_must_call_for_it():
    assert said("grounding", plan(play={"evidence": ("s1", "k1")})) == GOOD
    assert said("grounding", plan(play={"evidence": ("s1", "k1", "i1")})) == bad(0.925)
    assert said("grounding", plan(play={"evidence": ("s1", "k1", "i1", "h1")})) == bad(0.925)
    assert said("grounding", plan(help={"evidence": ("t2",)})) == bad(0.925)
    assert told("grounding", plan(play={"evidence": ("s1", "k1", "i1")}))[0].startswith(
        "step play (LAUNCH_ADOPTION_PLAY): 1 of 3"
    )


def test_what_prepares_or_records_may_cite_anything_that_is_known():
    assert said("grounding", plan(brief={"evidence": ("i1", "t2")})) == GOOD
    assert said("grounding", plan(owner={"evidence": ("s4",)})) == GOOD
    assert said("grounding", plan(signed={"evidence": ("i1",)})) == GOOD


def test_records_that_a_step_names_call_for_it():
    assert said("grounding", plan(help={"evidence": ("t1",)})) == GOOD
    assert said("grounding", plan(help={"evidence": ("t1", "t2")})) == GOOD
    assert said("grounding", plan(help={"evidence": ("t1", "t2", "k1")})) == bad(0.925)
    bill = {"why": "The bill is open.", "invoice_ids": ["i1"], "contact_id": "c1"}
    assert said("grounding", plan(step("bill", "RESOLVE_BILLING_BLOCKER", 2, "i1", "brief", **bill))) == GOOD
    offer = {"why": "The offer is due.", "opportunity_id": "o1", "contact_id": "c2"}
    assert said("grounding", plan(step("offer", "SEND_RENEWAL_PROPOSAL", 20, "o1", "meeting", **offer))) == GOOD


def test_a_deal_that_a_step_names_calls_for_it_beside_any_signal():
    dear = case(signals=(*SIGNALS, signal("s6", "DOWNGRADE")))
    offer = {"why": "The offer is due.", "opportunity_id": "o1", "contact_id": "c2"}
    assert said("grounding", plan(step("offer", "SEND_RENEWAL_PROPOSAL", 20, "o1", "meeting", **offer)), dear) == GOOD


def test_touches_of_the_people_whom_a_step_reaches_call_for_it():
    assert said("grounding", plan(meeting={"evidence": ("h1",), "rationale": "The last call."})) == GOOD
    assert said("grounding", plan(play={"evidence": ("h1",), "rationale": "The last call."})) == bad(0.925)


def test_signals_of_a_step_that_requires_this_one_call_for_it_and_no_others_do():
    rival = case(signals=(*SIGNALS, signal("s6", "COMPETITOR_EVALUATION")))
    mapped = {"evidence": ("s6",), "rationale": "Who looks at the rival?"}
    sponsor = {"why": "A rival is near.", "exec_sponsor_id": "nora", "contact_id": "c2", "ask": "Half an hour."}
    assert said("grounding", plan(map=mapped), rival) == bad(0.925)
    waiting = step("exec", "ENGAGE_EXEC_SPONSOR", 6, "s6", "map", **sponsor)
    assert said("grounding", plan(waiting, map=mapped), rival) == GOOD
    apart = waiting.model_copy(update={"depends_on": ()})
    assert said("grounding", plan(apart, map=mapped), rival) == bad(0.9333)
    assert said("grounding", plan(help={"evidence": ("s5",), "rationale": "Sour survey."})) == bad(0.925)


def test_contract_and_deal_call_for_a_step_about_the_renewal_where_no_signal_does():
    calm = case(signals=SIGNALS[1:3])
    asks = {"brief": {"evidence": ("s3",)}, "meeting": {"evidence": ("o1", "k1"), "rationale": "The renewal."}}
    mapped = {"evidence": ("k1",), "rationale": "The renewal."}
    assert said("grounding", plan(meeting={"evidence": ("k1",)})) == bad(0.9, 2)
    assert said("grounding", plan(drop="play", review={"evidence": ("k1",)}, **asks), calm) == (0.9714, True, True, 1)
    assert said("grounding", plan(drop="play", review={"evidence": ("o2",)}, **asks), calm) == bad(0.8857, 2)
    assert said("grounding", plan(drop="play review signed", map=mapped, **asks), calm) == bad(0.88)
    bare = case(signals=())
    known = {"evidence": ("t1",)}
    assert said("grounding", plan(drop="play meeting review", brief=known, help=known, map=mapped), bare) == bad(0.88)


def test_a_step_that_treats_speaks_of_what_it_cites_and_half_of_them_must():
    silent = {"rationale": "So be it.", "params": {}}
    assert said("grounding", plan(map={"rationale": "So be it."})) == (0.975, True, True, 1)
    assert said("grounding", plan(map=silent, play=silent)) == (0.95, True, True, 2)
    assert said("grounding", plan(map=silent, play=silent, help=silent)) == bad(0.925, 3)
    assert said("grounding", plan(drop="map", play=silent, help=silent)) == (0.9429, True, True, 2)
    assert said("grounding", plan(map=silent, play=silent, review=silent)) == bad(0.925, 3)
    assert said("grounding", plan(brief={"rationale": ""}, owner={"rationale": ""}, signed={"rationale": ""})) == GOOD


def test_free_texts_of_parameters_speak_too():
    told = {"ticket_ids": ["t1"], "severity": "HIGH", "business_impact": "Support is at a loss."}
    assert said("grounding", plan(help={"rationale": "", "params": told})) == GOOD


@pytest.mark.parametrize(
    "text",
    [
        "Usage fell by 41.5 percent.",
        "Usage fell by 42 percent in 60 days.",
        "Usage fell by 4150 basis points from 820.",
        "Usage fell by 41,5 percent, seen 10 days ago, on 2026-02-20.",
        "Usage fell; 120 days to the renewal on 2026-06-30, 90 to 2026-05-31, which is 30 before.",
        "Usage fell; today is 2026-03-02, and 95.5 percent is the goal.",
        "Usage fell; it takes 30 days and starts on day 2, with c1 and s1.",
        "Usage fell; 5 signals, 2 tickets, 2 contacts, 1 contract, 1 invoice, 1 call.",
        "Usage fell in Q3 and in v2.",
    ],
)
def test_figures_that_something_says_are_no_inventions(text):
    assert said("grounding", plan(play={"rationale": text})) == GOOD


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Usage fell by 43 percent.", "43"),
        ("Usage fell by 8.2 points.", None),
        ("Usage fell by 7731 and by 17.", "17, 7731"),
        ("Usage fell; they pay 120,000.50 or 120.000.", "120000, 120000.50"),
        ("Usage fell on 2026-02-19.", "2026-02-19"),
        ("Usage fell; the note says 25 percent.", "25"),
        ("Usage fell 1.5 times, 1.234567 exactly.", "1.234567, 1.5"),
        ("Usage fell in s11 and T-2201.", "2201"),
        ("Usage fell 44 days ago.", "44"),
        ("Usage fell; they pay EUR120,000.", "120000"),
        ("Usage fell in EURO7, in xEUR7 and in Q37.", None),
    ],
)
def test_a_figure_that_nothing_cited_says_is_an_invention(text, found):
    wrong = plan(play={"rationale": text})
    assert said("grounding", wrong) == (bad(0.975) if found else GOOD)
    assert all(f"holds the figures {found}, which" in message for message in told("grounding", wrong))


def test_figures_come_from_the_evidence_that_the_step_itself_cites():
    assert said("grounding", plan(review={"rationale": "Value: 41.5 percent."})) == bad(0.975)
    assert said("grounding", plan(help={"rationale": "The ticket is 11 days old."})) == GOOD
    assert said("grounding", plan(help={"rationale": "The ticket is 44 days old."})) == bad(0.975)
    assert said("grounding", plan(help={"rationale": "The ticket is 44 days old.", "evidence": ("t1", "t2")})) == GOOD
    assert (
        said("grounding", plan(brief={"rationale": "Due 61 days ago, called 70 ago.", "evidence": ("i1", "h1")}))
        == GOOD
    )


def test_numbers_of_a_steps_own_parameters_may_be_told_there():
    given = {"discount_bp": 1250, "lever": "TERM_LENGTH", "reason": "12.5 percent for 2 days."}
    assert (
        said(
            "grounding", plan(step("ask", "REQUEST_DISCOUNT_APPROVAL", 24, "k1", "review", why="The renewal.", **given))
        )
        == GOOD
    )
    given["reason"] = "13.5 percent for three years."
    assert said(
        "grounding", plan(step("ask", "REQUEST_DISCOUNT_APPROVAL", 24, "k1", "review", why="The renewal.", **given))
    ) == bad(0.9778)


def test_the_summary_and_the_answers_to_a_reviewer_invent_nothing_either():
    back = case(sent_back=("Why 17 days?",))
    reply = [{"reason_number": 1, "answer": "Because of 18 days."}]
    assert said("grounding", plan(summary="Down 41.5 percent; meet on day 7, offer by day 28.")) == GOOD
    assert said("grounding", plan(summary="Down 77 percent.")) == bad(0.8)
    assert said("grounding", plan(summary="Not 17 days."), back) == GOOD
    assert said("grounding", PLAN.model_validate(PLAN.model_dump() | {"answers": reply}), back) == bad(0.8)


# objective


def test_the_aim_is_the_account_the_contracts_and_the_goal_that_were_asked_for():
    assert said("objective") == SOFT
    assert said("objective", plan(goal=None)) == poor(0.6667)
    assert said("objective", plan(goal="g2")) == poor(0.6667)
    assert said("objective", plan(account_id="other")) == poor(0.6667)
    assert said("objective", plan(subject=("k1", "k1"))) == poor(0.6667)
    assert said("objective", plan(subject=("k9",))) == poor(0.6667)
    assert said("objective", plan(plan_type="EXPANSION")) == poor(0.6667)
    (words,) = told("objective", plan(goal=None))
    assert words.startswith("it aims at RENEWAL_DEFENSE of acme, contracts ['k1'], goal None; asked for was RENEWAL_")


def test_a_required_step_about_the_right_deal_closes():
    assert said("objective", plan(drop="signed")) == poor(0.3333, 2)
    assert said("objective", plan(signed={"required": False})) == poor(0.3333, 2)
    assert said("objective", plan(signed={"params": {"opportunity_id": "o2"}})) == poor(0.3333, 2)
    offer = step("offer", "SEND_RENEWAL_PROPOSAL", 20, "o1", "meeting", opportunity_id="o1", contact_id="c2")
    assert said("objective", plan(offer, drop="signed")) == SOFT
    talk = {"params": {"contact_id": "c2", "opportunity_id": "o1"}}
    assert said("objective", plan(drop="signed", meeting=talk)) == poor(0.3333, 2)
    able = "RECORD_COMMITMENT or SEND_RENEWAL_PROPOSAL of o1"
    assert told("objective", plan(drop="signed")) == (
        f"no required step that waits for what leads to it closes the objective; {able} would",
        "no required step closes the objective by 2026-05-31, the last day that counts",
    )


def test_a_closing_step_waits_for_what_leads_to_it_where_the_plan_has_such_steps():
    assert said("objective", plan(signed={"depends_on": ()})) == poor(0.3333, 2)
    assert said("objective", plan(signed={"depends_on": on("brief", "owner")})) == poor(0.3333, 2)
    assert said("objective", plan(signed={"depends_on": on("play")})) == SOFT
    leading = "help map play meeting review"
    assert said("objective", plan(drop=leading)) == SOFT
    offer = step("offer", "SEND_RENEWAL_PROPOSAL", 20, "o1", "brief", opportunity_id="o1", contact_id="c2")
    assert said("objective", plan(offer, signed={"depends_on": on("offer")})) == poor(0.3333, 2)


def test_the_right_deal_is_open_and_renews_what_is_defended():
    assert said("objective", of=case(opportunities=(deal("o1", contract=None),))) == SOFT
    assert said("objective", plan(drop="signed"), case(opportunities=(deal("o1", contract=None),)))[1] is False
    assert said("objective", of=case(opportunities=(deal("o1", contract="k2"), deal("o3")))) == poor(0.3333, 2)
    assert said("objective", of=case(opportunities=(deal("o1", is_open=False), deal("o3")))) == poor(0.3333, 2)
    assert said("objective", of=case(opportunities=(deal("o1", OpportunityKind.NEW), deal("o3")))) == poor(0.3333, 2)
    assert said("objective", plan(drop="signed"), case(opportunities=(deal("o1", is_open=False),))) == SOFT


def test_it_closes_on_the_last_day_and_not_a_day_later():
    friday = date(2026, 5, 29)
    days = (friday - date(2026, 3, 2)).days
    assert said("objective", plan(signed={"start_day": days})) == SOFT
    assert said("objective", plan(signed={"start_day": days + 1})) == poor(0.6667)


def test_the_very_last_instant_still_counts():
    late = {"contracts": (KNOWN.contracts[0].model_copy(update={"renews_on": date(2026, 7, 2)}),)}
    just, after = (datetime(2026, 6, 1, 21, 59, 59, fraction, UTC) for fraction in (999_999, 0))
    alone = plan(steps=(STEPS[-1].model_copy(update={"start_day": 0, "depends_on": ()}),))
    for now in (just, after):
        of = case({"critical": []}, now=now, **late)
        assert said("objective", alone, of) == SOFT
        assert said("timing", alone, of) == GOOD
    tomorrow = plan(steps=(alone.steps[0].model_copy(update={"start_day": 1}),))
    assert said("objective", tomorrow, of) == poor(0.6667)
    assert said("timing", tomorrow, of) == bad(0.0)


def test_an_action_that_the_case_calls_wrong_fails_the_objective():
    of = case({"unwanted": ["LAUNCH_ADOPTION_PLAY", "REBUILD_CHAMPION"]})
    assert said("objective", of=of) == poor(0.75)
    assert said("objective", plan(drop="play"), of) == SOFT
    assert told("objective", of=of) == ("step play (LAUNCH_ADOPTION_PLAY) is wrong here; leave it out",)


# dependency


def test_steps_that_wait_in_a_circle_or_for_nothing_are_no_order():
    assert said("dependency", plan(review={"depends_on": on("nowhere")})) == bad(0.0)
    assert said("dependency", plan(review={"depends_on": on("review")})) == bad(0.0)
    assert said("dependency", plan(brief={"depends_on": on("signed")})) == bad(0.0)
    assert said("dependency", plan(brief={"depends_on": on("signed", "nowhere")})) == bad(0.0, 2)


def test_what_an_action_requires_comes_before_it_and_ends_as_it_must():
    assert said("dependency") == GOOD
    assert said("dependency", plan(meeting={"depends_on": on("owner")})) == bad(0.9286)
    assert said("dependency", plan(meeting={"depends_on": on("owner", "help")})) == GOOD
    loose = (ProposedDependency(key="brief", kind="FINISHED"), *on("owner"))
    assert said("dependency", plan(meeting={"depends_on": loose})) == bad(0.9375)


def test_an_outcome_that_is_waited_for_must_be_one_that_is_required():
    good = (ProposedDependency(key="meeting", kind="OUTCOME_IN", outcomes=("MEETING_BOOKED",)),)
    either = (ProposedDependency(key="meeting", kind="OUTCOME_IN", outcomes=("MEETING_BOOKED", "NO_REPLY")),)
    assert said("dependency", plan(review={"depends_on": good})) == GOOD
    assert said("dependency", plan(review={"depends_on": either})) == bad(0.9444)
    other = (ProposedDependency(key="help", kind="OUTCOME_IN", outcomes=("MEETING_BOOKED",)),)
    assert said("dependency", plan(review={"depends_on": other})) == bad(0.9444)
    first = (ProposedDependency(key="owner", kind="FINISHED"), *on("brief"))
    assert said("dependency", plan(meeting={"depends_on": first})) == GOOD


def test_what_is_freshly_done_need_not_be_done_again():
    alone = plan(meeting={"depends_on": on("owner")})
    done = touch("h2", 30, "PREP_RENEWAL_BRIEF", "BRIEF_READY")
    assert said("dependency", alone, case(history=(done,))) == GOOD
    assert said("dependency", alone, case(history=(*KNOWN.history, done))) == GOOD
    assert said("dependency", alone, case(history=())) == bad(0.9286)
    assert said("dependency", alone, case(history=(touch("h2", 31, "PREP_RENEWAL_BRIEF", "BRIEF_READY"),)))[1] is False
    assert (
        said("dependency", alone, case(history=(touch("h2", 1, "PREP_RENEWAL_BRIEF", "INSUFFICIENT_DATA"),)))[1]
        is False
    )
    assert said("dependency", alone, case(history=(touch("h2", 1, "MAP_STAKEHOLDERS", "BRIEF_READY"),)))[1] is False


def test_a_step_starts_when_what_it_waits_for_typically_ends_and_not_earlier():
    late = {"meeting": {"start_day": 24}, "signed": {"start_day": 50}}
    assert said("dependency", plan(review={"start_day": 12})) == GOOD  # a Saturday, so it starts on Monday
    assert said("dependency", plan(review={"start_day": 11})) == bad(0.9444)
    assert said("dependency", plan(review={"start_day": 31}, **late)) == GOOD  # the clocks change
    assert said("dependency", plan(review={"start_day": 30}, **late)) == bad(0.9444)
    assert told("dependency", plan(review={"start_day": 11})) == (
        "step review starts before meeting typically ends, on 2026-03-16",
    )


def test_no_step_waits_twice_for_another():
    assert said("dependency", plan(review={"depends_on": on("meeting", "meeting")})) == bad(0.9444)


def test_an_action_that_nobody_knows_requires_nothing_and_ends_at_once():
    odd = step("odd", "DANCE", 0, "s1", "brief")
    assert said("dependency", plan(odd, step("next", "NOTIFY_ACCOUNT_TEAM", 0, "s1", "odd"))) == bad(0.9545)
    assert said("dependency", plan(odd, review={"depends_on": on("odd", "meeting")})) == bad(0.9545)


# timing


def test_each_step_lies_in_its_window():
    assert said("timing") == GOOD
    assert said("timing", plan(play={"start_day": 60})) == GOOD
    assert said("timing", plan(play={"start_day": 61})) == bad(0.8667, 2)
    later = case(contracts=(KNOWN.contracts[0].model_copy(update={"renews_on": date(2026, 7, 1)}),))
    offer = {"why": "The offer.", "opportunity_id": "o1", "contact_id": "c2"}
    assert said("timing", plan(step("offer", "SEND_RENEWAL_PROPOSAL", 1, "o1", **offer)), later) == GOOD
    early = plan(step("offer", "SEND_RENEWAL_PROPOSAL", 0, "o1", **offer))
    assert said("timing", early, later) == bad(0.9412)
    assert told("timing", early, later) == ("step offer starts 121 days before the renewal; 30 to 120 are right",)


def test_each_step_ends_by_the_last_day():
    assert said("timing", plan(review={"start_day": 81})) == GOOD
    assert said("timing", plan(review={"start_day": 82})) == bad(0.9333)
    assert said("timing", plan(signed={"start_day": 88})) == GOOD
    assert said("timing", plan(signed={"start_day": 89})) == bad(0.9333)
    assert told("timing", plan(signed={"start_day": 89})) == (
        "step signed ends on 2026-06-02, after the last day 2026-05-31",
    )


def test_a_critical_signal_is_answered_within_three_days():
    only = {"evidence": ("s3",)}
    assert said("timing", plan(brief=only, play={"start_day": 3})) == GOOD
    assert said("timing", plan(brief=only, play={"start_day": 4})) == bad(0.9333)
    late = {"play": {"start_day": 4}, "help": {"start_day": 4}}
    assert said("timing", plan(brief={"evidence": ("k1",)}, **late)) == bad(0.8667, 2)
    wednesday = case(now=MONDAY + timedelta(days=2))
    assert said("timing", plan(brief=only, play={"start_day": 3}), wednesday) == GOOD  # a Saturday: Monday will do
    assert said("timing", plan(brief=only, play={"start_day": 5}), wednesday) == GOOD
    assert said("timing", plan(brief=only, play={"start_day": 6}), wednesday) == bad(0.9333)


def test_what_prepares_an_answer_counts_where_it_cites_the_signal():
    late = {"play": {"start_day": 9}, "help": {"start_day": 9}, "meeting": {"start_day": 14}}
    assert said("timing", plan(**late)) == GOOD
    assert said("timing", plan(**late, brief={"evidence": ("s1",)})) == bad(0.9333)
    assert said("timing", plan(**late | {"play": {"start_day": 9, "depends_on": ()}})) == bad(0.9333)
    owner, brief = {"evidence": ("s1",)}, {"evidence": ("s3",)}
    assert said("timing", plan(**late, owner=owner, brief=brief)) == bad(0.9333)
    assert said("timing", plan(play={"start_day": 9, "evidence": ("s5",)})) == bad(0.9333)


def test_what_is_critical_is_said_by_the_case_or_by_the_severity():
    late = plan(map={"start_day": 9})
    assert said("timing", late, case({"critical": ["s2"]})) == bad(0.9286)
    assert said("timing", late, case({"critical": []})) == GOOD
    assert said("timing", plan(brief={"evidence": ("s1",)}, help={"start_day": 9}), case(tickets=())) == GOOD


def test_an_action_that_nobody_knows_has_no_window():
    assert said("timing", plan(step("odd", "DANCE", 0, "s1"))) == GOOD
    assert said("timing", plan(step("odd", "DANCE", 91, "s1"))) == bad(0.9375)


# coverage


def test_a_signal_is_covered_by_a_step_that_treats_and_cites_it():
    assert said("coverage") == GOOD
    assert said("coverage", plan(map={"evidence": ("s5",)})) == (0.875, True, True, 1)
    assert said("coverage", plan(drop="map")) == (0.875, True, True, 1)
    assert said("coverage", plan(drop="play")) == bad(0.625)
    assert said("coverage", plan(drop="play", review={"evidence": ("s1", "s5")})) == GOOD
    assert said("coverage", plan(steps=())) == bad(0.0, 4)
    assert told("coverage", plan(drop="map")) == (
        "no step treats and cites the signal s2 (CHAMPION_LEFT); REBUILD_CHAMPION or MAP_STAKEHOLDERS would",
    )
    assert told("coverage", plan(drop="help"))[0].startswith("no step treats and cites the critical signal s3")


def test_four_fifths_of_the_weight_are_enough_and_less_is_not():
    few = plan(drop="map help review meeting signed")
    five = case(signals=(SIGNALS[0], signal("n1", "NPS_DETRACTOR"), signal("n2", "CHAMPION_LEFT")))
    four = case(signals=(SIGNALS[0], signal("n1", "NPS_DETRACTOR")))
    assert said("coverage", plan(drop="help map", review={"evidence": ("n1",)}), five) == (0.8, True, True, 1)
    assert said("coverage", few, four) == bad(0.75)
    dead, sour = (f"b{n}" for n in range(5)), (f"n{n}" for n in range(4))
    nine = case(signals=(*(signal(ref, "NO_USAGE", HIGH) for ref in dead), *(signal(ref, "DOWNGRADE") for ref in sour)))
    assert said("coverage", plan(play={"evidence": ("b0", "b1", "b2", "b3", "b4")}), nine) == bad(0.7895, 4)


def test_every_critical_signal_must_be_covered_whatever_the_share():
    refs = tuple(f"h{n}" for n in range(6))
    many = case(signals=(*(signal(ref, "USAGE_DROP", HIGH) for ref in refs), SIGNALS[2]))
    assert said("coverage", plan(play={"evidence": refs}), many) == GOOD
    assert said("coverage", plan(play={"evidence": refs}, drop="help"), many) == bad(0.8571)


def test_a_case_that_names_what_is_critical_asks_for_no_share():
    assert said("coverage", plan(drop="play help"), case({"critical": ["s2"]})) == (0.4, True, True, 2)
    assert said("coverage", plan(drop="map"), case({"critical": ["s2"]})) == bad(0.7)
    assert said("coverage", of=case({"critical": ["s4"]})) == bad(0.7273)
    assert said("coverage", plan(meeting={"evidence": ("s4",)}), case({"critical": ["s4"]})) == GOOD


def test_what_nothing_treats_here_weighs_nothing():
    hold = signal("x", "LEGAL_HOLD", HIGH)
    assert said("coverage", of=case(signals=(hold,))) == GOOD
    assert said("coverage", of=case(signals=())) == GOOD
    assert said("coverage", plan(drop="help"), case(tickets=())) == GOOD
    assert said("coverage", of=case({"critical": ["x"]}, signals=(hold,))) == bad(0.0)
    assert told("coverage", of=case({"critical": ["x"]}, signals=(hold,)))[0].endswith("nothing would")


def test_only_approved_actions_treat():
    few = case(actions=("PREP_RENEWAL_BRIEF", "REQUEST_RENEWAL_MEETING"))
    assert said("coverage", plan(drop="help map"), few) == GOOD
    assert said("coverage", plan(drop="help map play"), few) == bad(0.25)


# parsimony


def test_a_step_that_nothing_calls_for_is_one_too_many():
    assert said("parsimony") == SOFT
    sponsor = step("exec", "ENGAGE_EXEC_SPONSOR", 6, "s4", "map", contact_id="c2")
    assert said("parsimony", plan(sponsor)) == poor(0.8889)
    assert told("parsimony", plan(sponsor))[0].startswith("step exec (ENGAGE_EXEC_SPONSOR) serves no signal")
    assert said("parsimony", plan(sponsor), case(signals=(*SIGNALS, signal("s6", "EXEC_SILENCE", LOW)))) == SOFT
    assert said("parsimony", plan(step("odd", "DANCE", 6, "s4"))) == poor(0.8889)


def test_what_is_required_by_what_is_called_for_is_called_for():
    threat, bill = case(signals=(signal("s6", "CHURN_THREAT"),)), case(signals=(signal("s6", "PAYMENT_OVERDUE"),))
    sponsor = step("exec", "ENGAGE_EXEC_SPONSOR", 6, "s6", "map", contact_id="c2")
    assert said("parsimony", plan(sponsor, drop="help play"), threat) == SOFT
    apart = sponsor.model_copy(update={"depends_on": ()})
    assert said("parsimony", plan(apart, drop="help play"), threat) == poor(0.8571)
    assert said("parsimony", plan(drop="help play review signed"), bill) == poor(0.5, 2)


def test_what_leads_to_the_signature_is_called_for_where_it_is_waited_for():
    bill = case(signals=(signal("s6", "PAYMENT_OVERDUE"),))
    few = "help play map"
    assert said("parsimony", plan(drop=few), bill) == SOFT
    assert said("parsimony", plan(drop=few, signed={"depends_on": on("meeting")}), bill) == poor(0.8)
    assert said("parsimony", plan(drop=few, signed={"depends_on": ()}), bill) == poor(0.6, 2)
    offer = step("offer", "SEND_RENEWAL_PROPOSAL", 20, "o1", "meeting", opportunity_id="o1", contact_id="c2")
    assert said("parsimony", plan(offer, drop=f"{few} review signed"), bill) == SOFT


def test_a_ticket_or_an_invoice_calls_for_its_action_without_a_signal():
    assert said("parsimony", of=case(signals=SIGNALS[:2])) == SOFT
    assert said("parsimony", of=case(signals=SIGNALS[:2], tickets=())) == poor(0.875)
    bill = step("bill", "RESOLVE_BILLING_BLOCKER", 2, "i1", "brief", invoice_ids=["i1"], contact_id="c1")
    overdue = KNOWN.invoices[0].model_copy(update={"paid_on": None})
    assert said("parsimony", plan(bill), case(invoices=(overdue,))) == SOFT
    assert said("parsimony", plan(bill)) == poor(0.8889)


def test_the_same_action_about_the_same_things_is_one_too_many():
    again = STEPS[5].model_copy(update={"key": "again"})
    assert said("parsimony", plan(again)) == poor(0.8889)
    assert told("parsimony", plan(again))[0].startswith("step again (REQUEST_RENEWAL_MEETING) does again")
    other = again.model_copy(update={"params": {**again.params, "contact_id": "c1"}})
    assert said("parsimony", plan(other)) == SOFT
    longer = again.model_copy(update={"params": {**again.params, "proposed_slots": 5}})
    assert said("parsimony", plan(longer)) == poor(0.8889)


@pytest.mark.parametrize(
    ("action", "one", "other"),
    [
        ("ESCALATE_SUPPORT_RISK", {"ticket_ids": ["t1"]}, {"ticket_ids": ["t2"]}),
        ("REBUILD_CHAMPION", {"contact_ids": ["c1"]}, {"contact_ids": ["c2"]}),
        ("RECORD_COMMITMENT", {"opportunity_id": "o1"}, {"opportunity_id": "o2"}),
        ("NOTIFY_ACCOUNT_TEAM", {"message": "One."}, {"message": "Two."}),
        ("RESOLVE_BILLING_BLOCKER", {"invoice_ids": ["i1"]}, {"invoice_ids": ["i2"]}),
    ],
)
def test_what_a_step_is_about_are_the_things_that_it_names(action, one, other):
    owed = case(invoices=(KNOWN.invoices[0].model_copy(update={"paid_on": None}),))
    steps = [step(f"x{n}", action, 2, "s1", **told) for n, told in enumerate((one, other, one | {"note": "again"}))]
    assert said("parsimony", PLAN.model_copy(update={"steps": tuple(steps[:2])}), owed) == SOFT
    assert said("parsimony", PLAN.model_copy(update={"steps": tuple(steps)}), owed)[3] == 1


def test_what_is_done_twice_is_done_again_by_the_later_step_and_on_one_day_by_the_smaller():
    def rebuilt(*told):
        people = [(day, [f"c{n}" for n in names]) for day, names in told]
        steps = [step(f"x{n}", "REBUILD_CHAMPION", day, "s2", contact_ids=who) for n, (day, who) in enumerate(people)]
        return told_of(PLAN.model_copy(update={"steps": tuple(steps)}))

    def told_of(outcome):
        return [message.split()[1] for message in told("parsimony", outcome)]

    assert rebuilt((2, "12"), (1, "1")) == []
    assert rebuilt((2, "1"), (1, "12")) == ["x0"]
    assert rebuilt((1, "1"), (1, "12")) == ["x0"]
    assert rebuilt((1, "12"), (1, "34"), (1, "13")) == []


def test_what_was_just_done_well_is_not_done_again():
    def past(days, outcome="MAP_COMPLETE", action="MAP_STAKEHOLDERS", contact=None):
        return case(history=(touch("h1", days, action, outcome, contact),))

    meeting = ("MEETING_BOOKED", "REQUEST_RENEWAL_MEETING")
    assert said("parsimony", of=past(30)) == poor(0.875)
    assert told("parsimony", of=past(30)) == ("step map (MAP_STAKEHOLDERS) was done in the last 30 days; leave it out",)
    assert said("parsimony", of=case(history=(*KNOWN.history, *past(30).request.situation.history))) == poor(0.875)
    assert said("parsimony", of=case(history=())) == SOFT
    assert said("parsimony", of=past(3, action="DANCE")) == SOFT
    assert said("parsimony", of=past(31)) == SOFT
    assert said("parsimony", of=past(3, "TIMEOUT")) == SOFT
    assert said("parsimony", of=past(3, "BRIEF_READY", "PREP_RENEWAL_BRIEF")) == SOFT
    assert said("parsimony", of=past(3, *meeting, "c1")) == SOFT
    assert said("parsimony", of=past(3, *meeting, "c2")) == poor(0.875)
    assert said("parsimony", of=past(3, *meeting)) == poor(0.875)


def test_what_waits_for_nothing_that_is_there_is_judged_all_the_same():
    assert said("parsimony", plan(map={"depends_on": on("nowhere")})) == SOFT


def test_a_plan_without_steps_has_none_too_many():
    assert said("parsimony", plan(steps=())) == SOFT
