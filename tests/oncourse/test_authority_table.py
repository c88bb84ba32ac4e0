"""Every act of the design's authority table, tried by every kind of principal through the real command line."""

import re

import pytest

from tests.oncourse.authority_table import DECIDING, KINDS, MACHINE_NEVER, MAY, STOPPING
from tests.oncourse.tenant_states import STRANGERS, WHY, States

OVERRIDE = ("--override", "PG033", "--reason", "Three talks in a row are right here.")
APPROVE = ("plan", "approve", "PLAN", "--digest", "DIGEST")
ACTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "approve LOW": ("low", APPROVE),
    "approve MEDIUM": ("medium", APPROVE),
    "approve HIGH": ("high", APPROVE),
    "approve HIGH as the second": ("half", APPROVE),
    "override SOFT": ("soft", (*APPROVE, *OVERRIDE)),
    "override HARD": ("hard", (*APPROVE, "--override", "PG003", *OVERRIDE[2:])),
    "approve step": ("rendered", ("step", "approve", "PLAN", "MEETING", "--digest", "TEXT")),
    "edit DRAFT": ("medium", ("plan", "edit", "PLAN", "--set", "MEETING.proposed_slots=3")),
    "edit APPROVED": ("approved", ("plan", "edit", "PLAN", "--set", "MEETING.proposed_slots=3")),
    "edit ACTIVE": ("active", ("plan", "edit", "PLAN", "--set", "MEETING.proposed_slots=3")),
    "extend ACTIVE": ("active", ("plan", "edit", "PLAN", "--ends", "2026-06-20")),
    "extend DRAFT": ("medium", ("plan", "edit", "PLAN", "--ends", "2026-06-20")),
    "pause": ("active", ("plan", "pause", "PLAN", *WHY)),
    "abort": ("active", ("plan", "abort", "PLAN", *WHY)),
    "resume what the owner paused": ("paused_by_owner", ("plan", "resume", "PLAN")),
    "resume what another paused": ("paused_by_operator", ("plan", "resume", "PLAN")),
    "transfer": ("active", ("plan", "transfer", "PLAN", "--to", "heir", *WHY)),
    "reopen": ("active", ("plan", "reopen", "PLAN", *WHY)),
    "accept": ("handed", ("plan", "accept", "PLAN")),
    "kill switch on": ("empty", ("switch", "on", "tenant", *WHY)),
    "kill switch off": ("stopped", ("switch", "off", "tenant", *WHY)),
    "kill switch off as the second": ("release_asked", ("switch", "off", "tenant", *WHY)),
    "mode shadow": ("live", ("mode", "shadow", *WHY)),
    "mode live": ("empty", ("mode", "live", *WHY)),
    "mode live as the second": ("live_asked", ("mode", "live", *WHY)),
    "policy propose": ("empty", ("policy", "publish", "FOLDER/tight.yaml")),
    "policy publish": ("proposed", ("policy", "publish", "PROPOSED")),
    "principal add": ("empty", ("principal", "add", "newcomer", "--role", "auditor")),
}
"""In which state each act is tried, and how it is typed."""
STARTS = {
    "approve LOW": "APPROVED",
    "approve MEDIUM": "APPROVED",
    "approve HIGH": "DRAFT",
    "approve HIGH as the second": "APPROVED",
    "override SOFT": "DRAFT",
    "edit APPROVED": "DRAFT",
    "pause": "PAUSED",
    "abort": "ABORTED",
    "resume what the owner paused": "ACTIVE",
    "resume what another paused": "ACTIVE",
    "transfer": "PAUSED",
    "reopen": "DRAFT",
}
"""Where the plan stands once one of those who may has done it."""
NEVER = {
    "edit ACTIVE": (MAY["edit DRAFT"], 1, "the plan is ACTIVE"),
    "extend ACTIVE": (MAY["extend DRAFT"], 1, "the plan is ACTIVE"),
    "override HARD": (MAY["override SOFT"], 3, "PG003 HARD"),
}
"""Who has the authority and is refused all the same: what runs is reopened first, and HARD is never overridden."""
SAYS = {
    "AUTH-D00-no-permit": r"has (no role|[a-z_, ]+)|a machine may not do this",
    "AUTH-F02-machine-never": "a machine may never do this",
    "AUTH-F03-own-content": "whoever edits a plan does not approve it",
    "AUTH-F04-twice": "has approved this already",
    "AUTH-F05-owner-of-high": "the owner does not approve what is HIGH",
    "AUTH-F06-above-limit": "the plan is about more than this person's limit",
    "AUTH-F09-inactive": "this principal is no longer active",
}
REFUSAL = re.compile(
    r"oncourse: (?P<who>\S+) may not (?P<act>[a-z_]+) \((?P<code>AUTH-[A-Z][0-9]{2}-[a-z-]+)\): (?P<reason>[^;]+); "
    r"((?P<could>[^;()]+) could \([^()]+\)|nobody here could now; it takes [^;]+)\n"
)


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    return States(tmp_path_factory.mktemp("authority"))


@pytest.fixture(autouse=True)
def here(states, monkeypatch):
    monkeypatch.chdir(states.folder)
    monkeypatch.setenv("ONCOURSE_DRAFTER", "playbook")


def words_of(act, office, states):
    """Return the command of an act as it is typed in this office."""
    state, words = ACTS[act]
    if state not in states.names:
        states.names[state] = office.names()
    names = states.names[state] | {"FOLDER": str(states.folder)}
    for name, value in names.items():
        words = [word.replace(name, value) for word in words]
    return tuple(words)


def code_of(act, who):
    """Return by which policy the design refuses this person; None where several would do."""
    if who == "gone":
        return "AUTH-F09-inactive"
    if who == "bot":
        return "AUTH-F02-machine-never" if act in MACHINE_NEVER else None
    if act in DECIDING and act != "approve step" and who == "author":
        return "AUTH-F03-own-content"
    if act in DECIDING and who == "limited":
        return "AUTH-F06-above-limit"
    if act == "approve HIGH as the second" and who == "senior":
        return "AUTH-F04-twice"
    if act.startswith("approve HIGH") and who == "p-mara":
        return "AUTH-F05-owner-of-high"
    return "AUTH-D00-no-permit"


def test_the_two_tables_are_about_the_same_acts():
    assert list(ACTS) == list(MAY)
    assert set(STOPPING) <= set(MAY)


@pytest.mark.parametrize("act", list(ACTS))
def test_an_act_is_open_to_those_of_the_table_and_nobody_else(act, states):
    state = getattr(states, ACTS[act][0])
    office = states.office(state)
    words, before = words_of(act, office, states), office.entries()
    for who in KINDS:
        told = office.run(*words, who=who)
        if who in MAY[act]:
            assert told.code == 0, (who, told.err)
            assert office.entries() > before, who
            if act in STARTS:
                assert office.status() == STARTS[act]
            office.restore(state)
            continue
        assert office.entries() == before, (who, "a refusal wrote something")
        having, code, says = NEVER.get(act, (frozenset(), 3, ""))
        if who in having:
            assert (told.code, says in told.err) == (code, True), (who, told.err)
            continue
        assert told.code == 3, (who, told.out, told.err)
        check_refusal(act, who, told.err)


def check_refusal(act, who, line):
    found = REFUSAL.fullmatch(line)
    assert found, (who, line)
    code = found["code"]
    assert found["who"] == who
    assert code == (code_of(act, who) or code), (who, line)
    assert re.fullmatch(SAYS[code], found["reason"]), (who, line)
    having = MAY[act] | NEVER.get(act, (frozenset(),))[0]
    if found["could"] is None:
        assert having - {who} == frozenset(), (who, line)
    else:
        named = set(found["could"].partition(" and ")[0].split(", "))
        assert named <= (having | {"admin"}) - {who}, (who, line)


TWICE = {"kill switch off as the second", "mode live as the second", "policy publish"}


@pytest.mark.parametrize("act", sorted(TWICE))
def test_what_takes_two_is_never_done_by_one(act, states):
    office = states.office(getattr(states, ACTS[act][0]))
    words, before = words_of(act, office, states), office.entries()
    told = office.run(*words, who="admin")
    assert (told.code, office.entries()) == (3, before)
    assert re.fullmatch(
        r"oncourse: admin may not [a-z_]+ \(AUTH-T01-takes-two\): asked for .+, and it takes two; chief could\n",
        told.err,
    )


def test_breaking_the_glass_stops_things_and_starts_nothing(states):
    for act in STOPPING:
        office = states.office(getattr(states, ACTS[act][0]))
        words, before = (*words_of(act, office, states), "--break-glass"), office.entries()
        for who, code in (("gone", "AUTH-F09-inactive"), ("bot", "AUTH-D00-no-permit")):
            told = office.run(*words, who=who)
            assert (told.code, code in told.err, office.entries()) == (3, True, before)
        short = office.run(*words[:-2], "Short.", "--break-glass", who="nobody")
        assert (short.code, "20 letters" in short.err, office.entries()) == (2, True, before)
        assert office.run(*words, who="nobody").code == 0
        assert office.entries() > before
    for act in set(ACTS) - STOPPING:
        office = states.office(getattr(states, ACTS[act][0]))
        words, before = (*words_of(act, office, states), "--break-glass"), office.entries()
        told = office.run(*words, who="nobody")
        assert (told.code in {2, 3}, office.entries()) == (True, before), (act, told.err)


@pytest.mark.parametrize("act", list(ACTS))
def test_to_another_tenants_people_there_is_no_such_plan_and_here_there_are_no_such_people(act, states):
    office = states.office(getattr(states, ACTS[act][0]))
    words, before = words_of(act, office, states), office.entries()
    here = office.run(*words, who="stranger")
    assert (here.code, "no principal stranger" in here.err) == (5, True)
    if "PLAN" in ACTS[act][1]:
        there = office.run(*words, who="stranger", tenant=STRANGERS)
        assert (there.code, "there is no plan" in there.err) == (5, True)
    assert office.entries() == before


def test_a_refusal_in_json_names_the_policy_that_denied_it(states):
    office = states.office(states.medium)
    told = office.run(*words_of("approve MEDIUM", office, states), "--json", who="author").json
    assert (told["error"]["exit"], told["error"]["grant"]) == (3, "AUTH-F03-own-content")
