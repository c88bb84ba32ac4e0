"""A reviewed plan becomes a case: what people accepted is the answer, and nothing in it names anybody."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from agent import Aliases
from evals import cases, commands, scripts
from evals.adopting import adopted, read_export, write
from evals.case_files import Expected, read_file
from evals.cases import made
from evals.masks import Mask, called_by_address, called_by_id, called_by_name
from evals.pseudonyms import Pseudonyms, rounded
from evals.scorers import SCORERS, scores_of
from evals.trying import answer_of, scripted
from orchestrator import PlanEdit, Removal, StepEdit, export_plan
from plan import PlanExport, PlanType, RenewalDefenseTerms, Situation, contacts_of
from tests.evals.samples import CASE, PLAN, answer
from tests.house import House

REASON = "Ask Ben Roth, not Ida; she is away until 2026-04-14 (ida@x.example, +49 30 1234567)."


def edit(house, plan_id, *answers):
    meeting, notice = (house.step(plan_id, a) for a in ("REQUEST_RENEWAL_MEETING", "NOTIFY_ACCOUNT_TEAM"))
    change = PlanEdit(
        removed=(Removal(step_id=notice.step_id, reason="Ben Roth told the team."),),
        changed=(StepEdit(step_id=meeting.step_id, params=meeting.params | {"contact_id": "acme-c2"}),),
        answers=answers,
    )
    house.orchestrator.edit(plan_id, change, house.who("mara"))


@cache
def exported(way: str) -> PlanExport:
    """Return an export of a plan that people treated in one of several ways."""
    house = House()
    plan_id = house.draft(urgent_ticket=True)
    if way in {"sent back", "waiting"}:
        house.orchestrator.send_back(plan_id, REASON, house.who("otto"))
    if way in {"sent back", "edited"}:
        edit(house, plan_id, *["Ben Roth is asked."] * (way == "sent back"))
    if way in {"sent back", "accepted"}:
        house.approve(plan_id)
    if way == "rejected":
        house.orchestrator.reject(plan_id, "Not worth it.", house.who("otto"))
    with house.orchestrator.desk.unit(reading=True) as unit:
        return export_plan(unit, plan_id)


@pytest.fixture
def into(tmp_path, monkeypatch):
    """Return a folder that the exam takes its cases and answers from."""
    monkeypatch.setattr(cases, "CASES", tmp_path / "cases")
    monkeypatch.setattr(scripts, "ANSWERS", tmp_path / "answers")
    cases.case_names.cache_clear()
    yield tmp_path
    cases.case_names.cache_clear()


def adopt(way, into, *more):
    """Adopt an export by the command; return its exit code."""
    file = into / "export.json"
    file.write_text(exported(way).model_dump_json(), "utf-8")
    return commands.main(["adopt", str(file), "--into", str(into), *more])


def loaded(into):
    [path] = (into / "cases").glob("*.yaml")
    return made(path.stem, read_file(path)), yaml.safe_load((into / "answers" / path.name).read_text("utf-8"))


@pytest.mark.parametrize("way", ["sent back", "edited", "accepted"])
def test_the_adopted_case_loads_and_every_scorer_says_something_of_what_people_accepted(way, into, capsys):
    assert adopt(way, into) == 0
    case, _ = loaded(into)
    scores = scores_of(scripted(case), case)
    assert {score.name for score in scores} == SCORERS.keys() - {"injection"}
    assert {s.name: s.passed for s in scores}["policy"]
    assert (case.kind, case.tags, case.facts) == (
        "feasible",
        ("adopted", way.replace(" ", "-")),
        "adopted from a review",
    )
    assert commands.main(["try", case.name]) == 0
    assert f"{case.name}: {len(scripted(case).outcome.steps)} steps  schema 1 policy 1" in capsys.readouterr().out


def test_the_answer_is_what_people_accepted_and_the_draft_stands_beside_it_as_what_was_wrong(into, capsys):
    adopt("sent back", into)
    case, script = loaded(into)
    steps = {s.action_type: s for s in scripted(case).outcome.steps}
    draft = answer_of(scripts.refused(case), case)
    before = {s.action_type: s for s in draft.outcome.steps}
    role = {c.contact_id: c.role for c in case.request.situation.contacts}
    meeting = "REQUEST_RENEWAL_MEETING"
    assert [role[ref] for s in (before, steps) for ref in contacts_of(s[meeting].params)] == [
        "CHAMPION",
        "ECONOMIC_BUYER",
    ]
    assert before.keys() - steps.keys() == {"NOTIFY_ACCOUNT_TEAM"} == set(case.expect.unwanted)
    assert [s.start_day for s in draft.outcome.steps] == [
        (p.not_before.date() - exported("sent back").now.date()).days
        for p in exported("sent back").revisions[0].plan.steps
    ]
    wrong = next(s for s in scores_of(draft, case) if s.name == "objective")
    assert wrong.messages == ("step notice (NOTIFY_ACCOUNT_TEAM) is wrong here; leave it out",)
    assert script.keys() == {"turns", "refused"}
    capsys.readouterr()
    commands.main(["try", case.name])
    assert f"\n{case.name}, as first drafted: {len(before)} steps" in capsys.readouterr().out


def test_it_says_why_in_one_sentence_that_names_nobody(into):
    adopt("sent back", into)
    assert loaded(into)[0].about == (
        "A reviewer sent the draft back: Ask Contact B, not Contact A; she is away until [date] ([address], [phone])."
    )


def test_a_plan_that_was_edited_and_never_sent_back_tells_why_its_steps_were_taken_out(into):
    adopt("edited", into)
    case, script = loaded(into)
    assert case.about == "A person edited the draft: Contact B told the team."
    assert "refused" in script


def test_a_draft_that_people_took_as_it_was_has_nothing_wrong_beside_it(into):
    adopt("accepted", into)
    case, script = loaded(into)
    assert (case.about, case.expect.unwanted) == ("People approved the draft as it stood.", ())
    assert script.keys() == {"turns"}
    assert scripts.refused(case) is None


def test_the_command_says_what_it_wrote_and_what_a_person_reads_before_it_is_committed(into, capsys):
    adopt("sent back", into)
    case, _ = loaded(into)
    told = capsys.readouterr().out
    first, *_ = told.split("\n")
    assert first == f"wrote {into}/cases/{case.name}.yaml and {into}/answers/{case.name}.yaml"
    assert "read both files before you commit them" in told
    assert "keep `unwanted` only where the action itself was wrong here: NOTIFY_ACCOUNT_TEAM" in told
    assert f"python -m evals record {case.name} --authored" in told
    for folder in ("cases", "answers"):
        assert [path.name for path in (into / folder).iterdir()] == [f"{case.name}.yaml"]
    text = (into / "cases" / f"{case.name}.yaml").read_text("utf-8")
    assert text.startswith("# yaml-language-server: $schema=../case.schema.json\nabout: ")


def test_a_case_that_exists_is_replaced_only_by_force(into, capsys):
    assert adopt("sent back", into, "--name", "lesson") == 0
    path = into / "answers" / "lesson.yaml"
    path.write_text("mine", "utf-8")
    assert adopt("edited", into, "--name", "lesson") == 1
    assert "there is a case lesson already" in capsys.readouterr().err
    assert path.read_text("utf-8") == "mine"
    assert adopt("edited", into, "--name", "lesson", "--force") == 0
    assert loaded(into)[0].tags == ("adopted", "edited")


@pytest.mark.parametrize(
    ("way", "says"),
    [
        ("drafted", "nobody has decided about this draft yet"),
        ("waiting", "the draft was sent back and nobody has answered yet"),
        ("rejected", "people rejected this plan and said nothing better"),
    ],
)
def test_a_plan_of_which_nobody_said_what_would_be_right_makes_no_case(way, says, into, capsys):
    assert adopt(way, into) == 1
    assert says in capsys.readouterr().err
    assert not (into / "cases").exists()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"format": "oncourse/backup"}, "is no export of a plan; make one with: oncourse plan export"),
        ({"version": 2}, "is of version 2; only version 1 is read here"),
        ({"drafter": None}, "does not fit: drafter"),
        ({"more": 1}, "does not fit: more"),
    ],
)
def test_what_is_no_export_of_this_version_is_refused(changes, says, tmp_path):
    file = tmp_path / "export.json"
    file.write_text(json.dumps(exported("sent back").model_dump(mode="json") | changes), "utf-8")
    with pytest.raises(ValueError, match=re.escape(says)):
        read_export(file)


def test_a_plan_type_without_a_playbook_makes_no_case():
    told = exported("sent back")
    other = [
        r.model_copy(update={"plan": r.plan.model_copy(update={"plan_type": PlanType.EXPANSION})})
        for r in told.revisions
    ]
    with pytest.raises(ValueError, match="there is no playbook for EXPANSION"):
        adopted(told.model_copy(update={"revisions": tuple(other)}))


@pytest.mark.parametrize(
    ("name", "says"), [("acme-2", "would tell whose case it is"), ("../x", "is no name of a case")]
)
def test_a_name_that_tells_too_much_or_leaves_the_folder_is_refused(name, says):
    with pytest.raises(ValueError, match=says):
        adopted(exported("sent back"), name)


def test_evidence_that_came_later_is_left_out_and_said():
    told = exported("sent back")
    steps = told.accepted.plan.steps
    newer = steps[0].model_copy(update={"evidence": (*steps[0].evidence, "acme-s9")})
    plan = told.accepted.plan.model_copy(update={"steps": (newer, *steps[1:])})
    later = told.accepted.model_copy(update={"plan": plan})
    new = adopted(told.model_copy(update={"revisions": (told.revisions[0], later)}))
    assert "step brief no longer cites 1 of its evidence: nobody knew of it when the draft was made" in new.told


def test_a_person_who_came_later_makes_the_answer_one_that_no_drafter_could_have_given():
    told = exported("sent back")
    meeting = next(s for s in told.accepted.plan.steps if s.action_type == "REQUEST_RENEWAL_MEETING")
    plan = told.accepted.plan.with_step(
        meeting.model_copy(update={"params": meeting.params | {"contact_id": "acme-c9"}})
    )
    later = told.accepted.model_copy(update={"plan": plan})
    with pytest.raises(ValueError, match="contact_id names what nobody knew of when the draft was made"):
        adopted(told.model_copy(update={"revisions": (told.revisions[0], later)}))


def test_fewer_approved_actions_than_today_stand_in_the_case():
    told = exported("sent back")
    fewer = tuple(a for a in told.approved_actions if a != "REQUEST_DISCOUNT_APPROVAL")
    new = adopted(told.model_copy(update={"approved_actions": fewer}))
    assert new.case.request.approved_actions == fewer
    assert adopted(told).case.request.approved_actions == told.approved_actions
    assert "actions:" not in adopted(told).case_text


KNOWN = CASE.request.situation
SAMPLE = PlanExport(
    now=CASE.request.now,
    situation=KNOWN,
    drafter="claude",
    approved_actions=CASE.request.approved_actions,
    policy="sha256:" + "a" * 64,
    revisions=(
        {
            "number": 1,
            "at": CASE.request.now,
            "by": "agent",
            "plan": answer(PLAN).plan,
            "reviews": [{"decision": "sent_back", "role": "plan_approver", "at": CASE.request.now, "reason": "?"}],
        },
        {
            "number": 2,
            "at": CASE.request.now,
            "by": "human",
            "plan": answer(PLAN).plan.model_copy(update={"revision": 2}),
            "reviews": [{"decision": "approved", "role": "plan_approver", "at": CASE.request.now}],
        },
    ),
    status="APPROVED",
)
TEXTS = {"note", "subject", "stage", "segment", "metric", "rationale", "agenda", "business_impact", "reason", "summary"}
IDS = {*KNOWN.evidence_ids(), *(c.contact_id for c in KNOWN.contacts), *(o.owner_id for o in KNOWN.owners)}
IDS |= {"acme", "nora", "g1"}
LETTERS = st.text("bcdfghjklmnpqrstvwxzäöéñł", min_size=4, max_size=9)
WORD = LETTERS.map(str.capitalize)


@st.composite
def personal(draw):
    """Return an export with drawn names, addresses, ids and amounts, and all that must not be found again."""
    taken = draw(st.lists(WORD, min_size=16, max_size=16, unique_by=str.casefold))
    people = [f"{a} {b}" for a, b in zip(taken[:5], taken[5:10], strict=True)]
    firm, tenant = f"{taken[10]} {taken[11]} GmbH", f"{taken[12]} & {taken[13]}"
    addresses = [f"{n.split()[0].lower()}@{taken[14].lower()}.example" for n in people]
    start = draw(st.from_regex(r"[bcdfg]{3}[0-9]{2}[-_./:]", fullmatch=True))
    ids = {ref: f"{start}{number:03d}{ref[::-1]}" for number, ref in enumerate(sorted(IDS))}
    amounts = draw(
        st.lists(st.integers(1_000_01, 9_999_999_99).filter(lambda n: n % 1000), min_size=4, max_size=4, unique=True)
    )
    secrets = [*people, firm, tenant, *addresses, *ids.values()]
    shown = [
        *secrets,
        *(f"{n // 100:,}" for n in amounts),
        *map(str, amounts),
        "+49 (30) 555-01 99",
        "https://x.example/ida",
    ]
    return _told(draw, ids, people, firm, tenant, addresses, amounts, shown), secrets, taken, amounts


def _told(draw, ids, people, firm, tenant, addresses, amounts, shown):
    case = draw(st.sampled_from([str, str.upper, str.lower, lambda text: text.replace(" ", "."), lambda t: f"({t}'s)"]))

    def text():
        return " said: ".join(case(part) for part in draw(st.lists(st.sampled_from(shown), min_size=1, max_size=6)))

    def walk(value, key=""):
        if isinstance(value, dict):
            return {ids.get(name, name): walk(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [walk(item) for item in value]
        if key in TEXTS:
            return text()
        if key in {"arr_minor", "amount_minor"}:
            return draw(st.sampled_from(amounts))
        return ids.get(value, value) if isinstance(value, str) else value

    told = walk(SAMPLE.model_dump(mode="json"))
    known = told["situation"]
    for row, name, address in zip([*known["contacts"], *known["owners"]], people, addresses, strict=True):
        row |= {"name": name, "email": address}
    known["account"]["name"], known["tenant"]["name"] = firm, tenant
    return PlanExport.model_validate(told)


@settings(max_examples=40)
@given(personal())
def test_no_name_address_id_or_exact_amount_of_an_export_is_found_again(drawn):
    told, secrets, words, amounts = drawn
    new = adopted(told)
    text = new.case_text + new.answers_text
    spoken = set(re.findall(r"[^\W\d_]+", text.casefold()))
    assert [secret for secret in secrets if secret.casefold() in text.casefold()] == []
    assert [word for word in words if word.casefold() in spoken] == []
    figures = {re.sub(r"\D", "", found) for found in re.findall(r"\d[\d.,' ]*", text)}
    assert [n for n in amounts if figures & {str(n), str(n // 100)}] == []
    assert new.case.request.situation.contracts[0].arr_minor == rounded(told.situation.contracts[0].arr_minor)


def test_what_a_plan_rests_on_stays_roles_languages_measures_and_the_order_of_everything():
    new = adopted(SAMPLE).case.request.situation
    assert [(c.role, c.language, c.signs) for c in new.contacts] == [
        (c.role, c.language, c.signs) for c in KNOWN.contacts
    ]
    assert [(s.type, s.severity, s.value, s.baseline, s.window_days) for s in new.signals] == [
        (s.type, s.severity, s.value, s.baseline, s.window_days) for s in KNOWN.signals
    ]
    assert [new.as_of - s.observed_at for s in new.signals] == [KNOWN.as_of - s.observed_at for s in KNOWN.signals]
    days = [(c.renews_on - new.as_of.date()).days for c in new.contracts]
    assert days == [(c.renews_on - KNOWN.as_of.date()).days for c in KNOWN.contracts]
    assert new.as_of != KNOWN.as_of
    assert new.as_of.weekday() == KNOWN.as_of.weekday()


def test_other_names_change_no_score():
    for name in cases.case_names():
        base = cases.case_of(name)
        if base.twin_of or not (turns := scripts.turns_of(base)) or "summary" not in turns[-1]["answer"]:
            continue
        said = answer_of(turns[-1], base)
        reviews = [{"decision": "approved", "role": "plan_approver", "at": base.request.now}]
        drafted = {"number": 1, "at": base.request.now, "by": "agent", "plan": said.plan, "reviews": reviews}
        drafted |= {"summary": said.outcome.summary, "confidence_percent": said.outcome.confidence_percent}
        told = {"now": base.request.now, "situation": base.request.situation, "revisions": [drafted]}
        told |= {"approved_actions": base.request.approved_actions}
        new = adopted(PlanExport.model_validate(SAMPLE.model_dump() | told))
        turn = scripts.wire_turn(yaml.safe_load(new.answers_text)["turns"][0], Aliases(new.case.request.situation))
        plain = base.model_copy(update={"expect": Expected()})
        scores = [
            [(s.name, s.value, s.passed) for s in scores_of(answer_of(told, of), of)]
            for told, of in ((turns[-1], plain), (turn, new.case))
        ]
        assert scores[0] == scores[1], name


BERLIN = ZoneInfo("Europe/Berlin")


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))
def test_an_instant_keeps_its_weekday_and_its_time_of_day_over_the_changes_of_the_clock(at):
    moved = datetime.fromisoformat(Pseudonyms(SAMPLE, "lesson").days(at)).astimezone(BERLIN)
    was = at.astimezone(BERLIN)
    apart = moved.replace(tzinfo=None) - was.replace(tzinfo=None)
    hour_that_is_not_there = timedelta(hours=1)
    assert min(abs(apart - timedelta(weeks=52 * n)) for n in (*range(-5, 0), *range(1, 6))) <= hour_that_is_not_there
    assert Pseudonyms(SAMPLE, "lesson").days(date(2026, 3, 2)).weekday() == 0


def test_every_field_of_what_is_known_is_told_how_it_loses_its_names():
    told = Pseudonyms(SAMPLE, "lesson").changes.keys() | {"name", "email", "tenant_id", "account_id"}
    rows = [KNOWN.tenant, KNOWN.tenant.calendar, KNOWN.account, KNOWN.posture]
    families = {
        name for name, field in Situation.model_fields.items() if name not in {"tenant", "account", "as_of", "posture"}
    }
    kinds = {type(row) for row in rows} | {Situation.model_fields[name].annotation.__args__[0] for name in families}
    assert {f"{kind.__name__}.{name}" for kind in kinds for name in kind.model_fields if name not in told} == set()
    assert len(kinds) == 14


def test_a_field_that_nobody_thought_of_is_refused():
    terms = answer(PLAN).plan.objective_params
    assert isinstance(terms, RenewalDefenseTerms)
    with pytest.raises(ValueError, match=r"RenewalDefenseTerms\.deadline is new"):
        Pseudonyms(SAMPLE, "lesson").row(terms)


MASK = Mask(
    [
        *called_by_name("Ida Stern", "Contact A"),
        *called_by_name("Joan Price", "Contact B"),
        *called_by_name("Dr. Jörg Müller", "Contact C"),
        *called_by_name("王小明", "Contact D"),
        *called_by_name("Jon Stern", "Contact E"),
        *called_by_name("Aurora Foods GmbH", "Customer", firm=True),
        *called_by_id("aurora", "Customer"),
        *called_by_id("aurora-s1", "x-s1"),
        *called_by_id("s1", "x-s2"),
        *called_by_id("7", "x-s3"),
        *called_by_address("istern@x.example", "Contact A"),
    ],
    {450},
)


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("Ida Stern's call", "Contact A call"),
        ("IDA STERN, IdaStern and ida_stern", "Contact A, Contact A and Contact A"),
        ("Ida called; ida wrote; istern too", "Contact A called; Contact A wrote; Contact A too"),
        ("Stern called", "someone called"),
        ("Value before price, said Price.", "Value before price, said Contact B."),
        ("Dr. Mueller, MÜLLER and Muller", "Dr. Contact C, Contact C and Contact C"),
        ("and 王小明さん", "and Contact Dさん"),
        ("I\u200bda Stern and \uff29\uff24\uff21", "Contact A and Contact A"),
        ("AURORA FOODS, aurora, the Foods people, good foods", "Customer, Customer, the Customer people, good foods"),
        ("aurora-s1, AURORA-S1 and s1, not s12 nor 7", "x-s1, x-s1 and x-s2, not s12 nor 7"),
        ("a.b+c@mail.example or @ida_s", "[address] or [address]"),
        ("https://x.y/z?a=1, www.x.de and x.example/ida", "[link] [link] and [link]"),
        ("+49 (30) 123-4567 or 030/1234567", "[phone] or [phone]"),
        (
            "2026-03-02T07:00Z, 2.3.2026, 2 March or March 3rd, 2026; by 2027",
            "[date], [date], [date] or [date]; by [year]",
        ),
        (
            "120,000 EUR, $4.5m, 12 000, 1,200,000, 12345, 250k",
            "[amount], [amount], [number], [number], [number], [number]",
        ),
        ("450 or 451 of 41 %", "[number] or 451 of 41 %"),
        ("plan 87e1d49d-3db9", "plan [id]"),
        ("two\nlines\x07", "two lines"),
    ],
)
def test_a_text_keeps_nothing_that_could_name_somebody(text, becomes):
    assert MASK(text) == becomes


def test_amounts_keep_two_digits_that_count():
    assert [rounded(n) for n in (0, 7, 99, 123, 12_345_678, 99_600, -4_151)] == [
        0,
        7,
        99,
        120,
        12_000_000,
        100_000,
        -4_200,
    ]


def test_files_are_written_whole_where_they_are_told(tmp_path):
    paths = write(adopted(exported("sent back"), "lesson"), tmp_path)
    assert paths == (Path(tmp_path / "cases" / "lesson.yaml"), Path(tmp_path / "answers" / "lesson.yaml"))
    with pytest.raises(ValueError, match="there is a case lesson already"):
        write(adopted(exported("edited"), "lesson"), tmp_path)


def test_the_page_shows_commands_that_there_are(into, capsys):
    page = (Path(commands.__file__).parent.parent / "docs" / "adopting.md").read_text("utf-8")
    shown = [
        line.removeprefix("$ python -m evals ").split() for line in page.split("\n") if line.startswith("$ python")
    ]
    (into / "review.json").write_text(exported("sent back").model_dump_json(), "utf-8")
    (adopt_it, *more), (try_it, *named), *_ = shown
    assert [words[0] for words in shown] == ["adopt", "try", "record", "accept"]
    assert commands.main([adopt_it, str(into / more[0]), *more[1:], "--into", str(into)]) == 0
    assert commands.main([try_it, *named]) == 0
    assert f"{named[0]}, as first drafted: 8 steps" in capsys.readouterr().out
