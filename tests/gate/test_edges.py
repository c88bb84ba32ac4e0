"""What one change of a rule's code would change: several findings at once, the last exit, the instant itself."""

import inspect
import sys
from datetime import timedelta

import pytest

import gate.judging
import gate.view
from gate import (
    Phase,
    Severity,
    UnknownCodeError,
    Verdict,
    check,
    explain_code,
    inputs_text,
    required_authority,
)
from gate.policy import Ordering
from gate.rules import RULES, Found, Rule
from gate.view import View
from plan import Approval, Constraints, DependencyKind, PlanType, RiskClass, StepStatus, digest_bytes
from tests.builders import POLICY
from tests.gate import cases, corners
from tests.gate.cases import (
    BRIEF,
    COMMITMENT,
    CONTEXT,
    DAY,
    MEETING,
    PLAN,
    REVIEW,
    STEP,
    A,
    P,
    S,
    account,
    contact,
    context,
    knowing,
    needs,
    renewing,
    touch,
    with_plan,
    with_step,
)
from tests.gate.conduct import (
    ESCALATE,
    HOUR,
    cap,
    dark,
    doubtful,
    giving,
    messaging,
    policy,
)
from tests.gate.corners import START, said
from tests.house import MONDAY

OWNER = STEP["CONFIRM_RENEWAL_OWNER"]
EXPANDING = with_plan(plan_type=PlanType.EXPANSION)


def where(found):
    return [place for place, _ in found]


# a plan type


def test_a_type_takes_both_a_policy_that_enables_it_and_a_playbook():
    enabled = policy(enabled_plan_types=(PlanType.RENEWAL_DEFENSE, PlanType.EXPANSION))
    assert where(said(EXPANDING, policy=enabled, code="PG001")) == ["plan_type"]
    assert where(said(policy=policy(enabled_plan_types=(PlanType.EXPANSION,)), code="PG001")) == ["plan_type"]
    assert where(said(EXPANDING, policy=enabled, code="PG092")) == ["account_id"]
    assert said(EXPANDING, policy=enabled, code="PG999") == []


def test_a_deadline_that_has_passed_is_found_before_the_plan_ends():
    after = PLAN.objective_params.deadline + timedelta(microseconds=1)
    assert said(corners.LONGER, phase=S, now=after, code="PG050") == [
        ("objective_params.deadline", "the deadline passed at 2026-05-31")
    ]


# actions, parameters, people


def test_an_action_takes_both_a_policy_that_approves_it_and_a_place_in_the_catalogue():
    strange = with_step(BRIEF, action_type="BUY_FLOWERS")
    flowers = corners.approving(BUY_FLOWERS=POLICY.actions[PlanType.RENEWAL_DEFENSE]["PREP_RENEWAL_BRIEF"])
    assert where(said(strange, policy=flowers, code="PG011")) == ["steps[0]"]
    assert where(said(policy=corners.without("PREP_RENEWAL_BRIEF"), code="PG011")) == ["steps[0]"]


def test_every_step_with_wrong_parameters_is_found_once():
    wrong = with_step(BRIEF, params=None).with_step(MEETING.model_copy(update={"params": {}}))
    wrong = wrong.with_step(COMMITMENT.model_copy(update={"params": {"opportunity_id": 1, "evidence_ref": "E"}}))
    found = said(wrong, code="PG013")
    assert where(found) == ["steps[0].params", "steps[3].params", "steps[5].params"]
    assert found[0][1] == "PREP_RENEWAL_BRIEF has no parameters"
    assert "evidence_ref cannot be known" not in found[2][1]


def test_what_cannot_be_undone_takes_a_person_though_it_stays_inside(monkeypatch):
    find = gate.view.find_spec
    monkeypatch.setattr(gate.view, "find_spec", lambda name: find(name).model_copy(update={"reversible": False}))
    assert where(said(code="PG031")) == ["steps[0].approval", "steps[6].approval"]


def test_an_unknown_recipient_hides_no_other():
    asked = corners.doing("REBUILD_CHAMPION", contact_ids=["zed", "acme-c1"])
    assert said(asked, contact(opted_out=True), code="PG061") == [("steps[3].params", "contact acme-c1 has opted out")]


# order


def test_steps_that_wait_for_each_other_are_named_in_short():
    [(_, message)] = said(needs(BRIEF, BRIEF), code="PG020")
    assert message == "the steps wait for each other: 00000000 -> 00000000"


def ordered(*rules):
    return policy(ordering=tuple(Ordering.model_construct(when=when, before=b, after=a) for when, b, a in rules))


ESCALATED = ("support_risk_is_open", "ESCALATE_SUPPORT_RISK", "REQUEST_RENEWAL_MEETING")
FLOWERS = ("support_risk_is_open", "BUY_FLOWERS", "REQUEST_RENEWAL_MEETING")
UNESCALATED = needs(MEETING, BRIEF, OWNER)


def test_a_rule_of_order_that_does_not_apply_hides_no_other():
    other = ("support_risk_is_open", "ESCALATE_SUPPORT_RISK", "RECORD_COMMITMENT")
    assert "steps[3]" in where(said(UNESCALATED, policy=ordered(other, ESCALATED), code="PG021"))


def test_a_rule_of_order_under_an_unknown_name_is_left_aside():
    assert said(UNESCALATED, policy=ordered(("the_moon_is_full", *ESCALATED[1:]))) == []


def test_an_action_without_a_place_in_the_catalogue_counts_where_it_ended_as_done():
    strange = with_step(BRIEF, action_type="BUY_FLOWERS")
    assert ("steps[3]", "BUY_FLOWERS must come before REQUEST_RENEWAL_MEETING while support_risk_is_open") in said(
        strange, policy=ordered(FLOWERS), code="PG021"
    )
    assert where(said(policy=ordered(FLOWERS), code="PG021")) == ["steps[3]"]
    bought = touch(action_type="BUY_FLOWERS", outcome="DONE", contact_id=None, at=MONDAY - DAY, external=False)
    assert said(context=knowing(history=(bought,)), policy=ordered(FLOWERS), code="PG021") == []
    assert said(strange, code="PG999") == []


def test_the_right_outcome_of_another_action_is_no_prerequisite():
    done = with_step(OWNER, status=StepStatus.DONE, outcome="BRIEF_READY")
    plan = done.with_step(needs(MEETING, OWNER, ESCALATE).steps[3]).with_step(
        ESCALATE.model_copy(update={"depends_on": ()})
    )
    assert where(said(plan, code="PG021")) == ["steps[3]"]


@pytest.mark.parametrize(
    "changes",
    [
        {"action_type": "CONFIRM_RENEWAL_OWNER", "outcome": "BRIEF_READY"},
        {"action_type": "PREP_RENEWAL_BRIEF", "outcome": "SOURCE_MISSING"},
    ],
)
def test_a_touch_of_another_action_or_outcome_is_no_prerequisite(changes):
    past = touch(contact_id=None, at=MONDAY - DAY, external=False, **changes)
    plan = needs(MEETING, ESCALATE).with_step(ESCALATE.model_copy(update={"depends_on": ()}))
    assert where(said(plan, knowing(history=(past,)), code="PG021")) == ["steps[3]"]


def test_a_circle_ends_the_search_for_what_comes_before():
    circle = needs(MEETING, REVIEW).with_step(needs(REVIEW, MEETING).steps[4])
    assert where(said(circle, code="PG021")) == ["steps[3]", "steps[3]"]


def test_a_parent_that_may_fail_hides_no_other():
    plan = needs(MEETING, ESCALATE, BRIEF, OWNER)
    [late, *others] = plan.steps[3].depends_on
    loose = late.model_copy(update={"kind": DependencyKind.FINISHED})
    plan = plan.with_step(plan.steps[3].model_copy(update={"depends_on": (loose, *others)}))
    assert said(plan, policy=policy(ordering=()), code="PG021") == []


def test_a_parent_that_has_ended_hides_no_late_one():
    late = corners.DONE_EARLY.with_step(ESCALATE.model_copy(update={"not_before": START}))
    assert said(late, code="PG022") == [("steps[3]", "it starts before ESCALATE_SUPPORT_RISK typically ends")]


def test_of_two_contracts_the_first_to_renew_sets_the_window():
    [first, second] = corners.two_contracts().situation.contracts
    soon = first.model_copy(update={"renews_on": (START + 29 * DAY).date()})
    told = "REQUEST_RENEWAL_MEETING belongs 30 to 180 days before the renewal, not 29"
    assert ("steps[3]", told) in said(corners.TWO_CONTRACTS, knowing(contracts=(soon, second)), code="PG022")


def test_the_day_before_an_actions_window_opens():
    assert said(context=renewing(START + 181 * DAY), phase=S, code="PG022") == [
        ("steps[3]", "REQUEST_RENEWAL_MEETING belongs 30 to 180 days before the renewal, not 181")
    ]


def test_an_empty_circle_is_empty():
    assert View(PLAN, CONTEXT, POLICY, phase=P, now=MONDAY).cycle == ()


# promises and concessions


def test_a_policy_that_asks_for_no_promise_gets_none():
    lax = Constraints(no_external_contact_without_approval=False, max_discount_bp=2000)
    assert said(with_plan(constraints=lax), policy=policy(constraints=lax), code="PG032") == []


def test_asking_for_a_discount_gives_something_away_whatever_it_asks():
    assert where(said(giving(discount_bp=0, after=MEETING), phase=A, code="PG091")) == ["steps[7]"]


def test_yes_is_no_number():
    assert said(giving("SEND_RENEWAL_PROPOSAL", True, after=MEETING), phase=A, code="PG091") == []


def test_each_must_have_is_looked_for_by_its_own_outcome():
    both = policy(must_have={PlanType.RENEWAL_DEFENSE: ("PREP_RENEWAL_BRIEF", "ENGAGE_EXEC_SPONSOR", "BUY_FLOWERS")})
    known = knowing(history=(cases.brief_made(20),))
    assert said(with_step(BRIEF, required=False), known, policy=both, code="PG012") == [
        ("steps", "ENGAGE_EXEC_SPONSOR is missing, or not required"),
        ("steps", "BUY_FLOWERS is missing, or not required"),
    ]
    assert said(with_step(BRIEF, required=False), known, policy=both, code="PG999") == []


# texts

HIDDEN = (0xAD, 0x61C, 0x180E, 0xFEFF, 0x200B, 0x200F, 0x202A, 0x202E, 0x2060, 0x2069, 0xE0000, 0xE007F)
BESIDE = (0xAC, 0xAE, 0x61B, 0x61D, 0x180D, 0x180F, 0xFEFE, 0xFF00, 0x200A, 0x2010, 0x2029, 0x202F, 0x205F, 0x206A)


def test_exactly_the_hidden_characters_are_named():
    text = "".join(map(chr, (*HIDDEN, *BESIDE, 0xE0080)))
    assert said(messaging(text), code="PG082") == [
        ("steps[6].params", f"it holds the hidden character U+{code:04X}") for code in sorted(HIDDEN)
    ]


def test_markup_is_called_by_its_name():
    assert said(messaging("Look ![here"), code="PG082") == [("steps[6].params", "it holds markup")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("billing@evil.example", "an e-mail address"),
        ("(first.last@mail.evil.de)", "an e-mail address"),
        ("billing\uff20evil.example", "an e-mail address"),
        ("billing\ufe6bevil\u3002example", "an e-mail address"),
        ("evil.example/pay", "the address evil.example"),
        ("evil.rocks/pay", "the address evil.rocks"),
        ("evil.rocks:8080/pay", "the address evil.rocks"),
        ("x.com/pay", "the address x.com"),
        ("evil.js.org", "the address evil.js.org"),
        ("...evil.com.", "the address evil.com"),
        ("evil.com?bill=1", "the address evil.com"),
        ("Evil.Com", "the address Evil.Com"),
        ("EVIL.IO", "the address EVIL.IO"),
        ("on-line.evil-firm.co", "the address on-line.evil-firm.co"),
        ("evil\uff0ecom", "the address evil.com"),
        ("evil\ufe52com", "the address evil.com"),
        ("evil\u2024com", "the address evil.com"),
        ("evil\uff61com", "the address evil.com"),
        ("evil\u3002com", "the address evil.com"),
        ("\uff45\uff56\uff49\uff4c.com", "the address evil.com"),
        ("evil.\u24d2\u24de\u24dc", "the address evil.com"),
        ("evil\u2488com", "the address evil1.com"),
        ("evil.\uff52ocks\uff0fpay", "the address evil.rocks"),
        ("https\uff1a\uff0f\uff0fevil", "a link"),
        ("https\uff1a//evil.example", "a link"),
        ("https\ufe55//evil", "a link"),
        ("www.1", "a link"),
        ("mailto:desk", "a link"),
        ("https:\uff0f\uff0fevil", "a link"),
    ],
)
def test_an_address_is_found_also_where_it_is_bare_or_in_wide_letters(text, told):
    assert said(messaging(f"Pay at {text} now"), code="PG082") == [("steps[6].params", f"it holds {told}")]


@pytest.mark.parametrize(
    "text",
    [
        "e.g. this, i.e. that, a.k.a. it, at 9 a.m., U.S. and p.a.",
        "z.B. so, d.h. nein, u.a. hier, e.V. und Müller GmbH & Co.KG",
        "Node.js, Node.js/React, v1.2, v1.x/2.x, 3.5k, 40.50/seat, 24.03.2026, ASP.NET, Socket.IO/events",
        "report.pdf, brief.md, report.pdf/brief.docx, plan.yaml",
        "It is done.It took a week.In May we go on.So be it",
        "Grupo, S.A.de C.V., e.on, x.com and 5@40.50 or 5 @ 40.50",
        "Ask @mara or mara@home about it, e.g./i.e. soon.",
        "\u7d42\u4e86\u3002\u6b21 \uff1a wait\u2026in a week, AT&T\uff0fIBM",
    ],
)
def test_what_only_looks_like_an_address_is_none(text):
    assert said(messaging(text), code="PG082") == []


def test_every_address_is_named_and_a_link_stands_for_all():
    assert said(messaging("See https://evil.com, bad.org/x or mailto:a@b.example"), code="PG082") == [
        ("steps[6].params", "it holds an e-mail address"),
        ("steps[6].params", "it holds a link"),
    ]
    assert said(messaging("evil.com, bad.org/x and a@b.example"), code="PG082") == [
        ("steps[6].params", "it holds an e-mail address"),
        ("steps[6].params", "it holds the address evil.com"),
        ("steps[6].params", "it holds the address bad.org"),
    ]


@pytest.mark.parametrize("name", ["Evil.com", "The evil.com Company", "\uff25vil.com"])
def test_only_the_accounts_own_page_may_be_named(name):
    known = account(name=name)
    assert said(messaging("Usage at Evil.com fell"), known, code="PG082") == []
    assert said(messaging("Usage at il.com fell"), known, code="PG082") == [
        ("steps[6].params", "it holds the address il.com")
    ]
    assert said(with_plan(goal="evil.com"), known, code="PG082") == []


def test_a_long_text_full_of_dots_is_read_in_one_pass():
    assert said(messaging("a." * 20_000 + "-" * 20_000 + "a@" * 20_000), code="PG082") == []


def test_one_free_text_among_other_parameters_is_enough():
    asked = corners.doing("ENGAGE_EXEC_SPONSOR", exec_sponsor_id="eve", contact_id="acme-c1", ask="Call them.")
    asked = asked.with_step(asked.steps[3].model_copy(update={"evidence": ("acme-t1",), "approval": Approval.AUTO}))
    assert where(said(asked, phase=A, code="PG081")) == ["steps[3]"]


def test_a_step_without_parameters_holds_no_free_text():
    assert said(doubtful(params=None, approval=Approval.AUTO), phase=A, code="PG999") == []


# timing


def test_a_persons_own_step_hides_no_other_from_the_quiet_hours():
    plan = with_step(MEETING, approval=Approval.TASK).with_step(
        REVIEW.model_copy(update={"approval": Approval.DRAFT, "due_by": REVIEW.not_before + DAY})
    )
    assert where(said(plan, phase=A, policy=dark(REVIEW.not_before, REVIEW.not_before + DAY), code="PG051")) == [
        "steps[4]"
    ]


def test_a_start_at_night_is_found_once_though_it_is_overdue():
    late = with_step(MEETING, due_by=MONDAY + HOUR)
    assert said(late, phase=S, now=MONDAY + 12 * HOUR, code="PG051") == [
        ("steps[3]", "nobody is contacted now: it is quiet until 2026-03-03 07:00 UTC")
    ]


def test_two_steps_of_one_id_are_both_found_at_night():
    twins = with_plan(steps=(*PLAN.steps, MEETING))
    assert where(said(twins, phase=S, now=MONDAY + 12 * HOUR, code="PG051")) == ["steps[3]", "steps[7]"]


def test_where_nothing_opens_for_sixty_days_there_is_no_time():
    closed = dark(START, START + 90 * DAY)
    assert "steps[3]" in where(said(phase=A, policy=closed, code="PG051"))
    told = said(phase=S, policy=dark(MONDAY, MONDAY + 90 * DAY), code="PG051")
    assert told == [("steps[3]", "nobody is contacted now: it is quiet for the next 60 days")]
    assert said(phase=A, policy=closed, code="PG999") == []


def test_what_should_have_left_by_now_leaves_now_and_counts_now():
    assert where(said(phase=A, policy=cap("account", 1, days=1), now=MONDAY + 17 * DAY, code="PG060")) == ["steps[4]"]


def test_a_plan_that_crosses_only_the_last_step_is_found():
    late = corners.crossing(MEETING.due_by + DAY)
    assert where(said(context=context(planned=(late,)), phase=A, code="PG042")) == ["steps"]


# the judgement


def alone(monkeypatch, message="hm", floor=Severity.ADVISORY):
    def tell(_view):
        yield Found("steps", message)

    monkeypatch.setattr(gate.judging, "RULES", (Rule("PG777", floor, tuple(Phase), "t", "t", "t", tell),))


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("x" * 600, "x" * 600),
        ("x" * 601, "x" * 597 + "..."),
        ("a\x1b\u202e\u00e9 b", "a\\x1b\\u202e\u00e9 b"),
        ("a b", "a b"),
    ],
)
def test_a_message_is_one_short_printable_line(monkeypatch, message, told):
    alone(monkeypatch, message)
    assert said() == [("steps", told)]


def test_a_severity_below_the_floor_is_the_floor(monkeypatch):
    alone(monkeypatch, floor=Severity.HARD)
    mild = policy(severities={"PG777": Severity.ADVISORY})
    assert check(PLAN, CONTEXT, mild, phase=P, now=MONDAY).verdict is Verdict.DENY


def test_an_empty_plan_is_of_the_highest_risk():
    assert check(with_plan(steps=()), CONTEXT, POLICY, phase=P, now=MONDAY).risk is RiskClass.HIGH


def test_without_an_amount_nothing_lies_above_a_limit_of_nothing():
    asked = POLICY.authority[RiskClass.HIGH].model_copy(update={"persons": 1, "two_persons_above_minor": 0})
    under = policy(authority={**POLICY.authority, RiskClass.HIGH: asked})
    assert required_authority(RiskClass.HIGH, (), under).persons == 1
    assert required_authority(RiskClass.HIGH, (), under, 1).persons == 2


def test_the_inputs_digest_is_that_of_the_recorded_inputs():
    decision = check(PLAN, CONTEXT, POLICY, phase=P, now=MONDAY)
    assert decision.inputs_digest == digest_bytes(inputs_text(PLAN, CONTEXT, MONDAY).encode())


def test_the_digest_of_the_rules_is_that_of_their_terms_and_of_all_sources_that_judge():
    names = dict.fromkeys(("gate.judging", "gate.view", *(rule.judge.__module__ for rule in RULES)))
    parts = [f"{rule.code} {rule.floor} {','.join(rule.phases)}" for rule in RULES]
    parts += [inspect.getsource(sys.modules[name]) for name in names]
    assert len(names) == 12
    assert gate.judging.ruleset_digest.__wrapped__() == digest_bytes("\n".join(parts).encode())


def test_an_unknown_code_names_those_that_are_near_else_all():
    with pytest.raises(UnknownCodeError) as near:
        explain_code(" pg019 ")
    assert str(near.value) == (
        "there is no rule ' pg019 '; near: PG010, PG011, PG012, PG013, PG014 (all: oncourse gate explain all)"
    )
    assert near.value.code == "unknown_code"
    with pytest.raises(UnknownCodeError, match=r"near: PG001, PG002, .*, PG101, PG999 "):
        explain_code("XX")
