"""What the entries of a tenant and of a policy make of them."""

from datetime import UTC, datetime

import pytest

from ledger import (
    Actor,
    Authority,
    Entry,
    LedgerError,
    ModeAsked,
    ModeChanged,
    PolicyProposed,
    PolicyPublished,
    PolicyState,
    Simulated,
    SwitchNamed,
    SwitchReleased,
    TenantState,
    evolve,
)
from plan import Cause, Mode

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def entry(kind, body, who="ada", stream="tenant/t1", seq=1, reason=True):
    return Entry(
        stream=stream,
        seq=seq,
        type=kind,
        at=NOW,
        actor=Actor(kind="human", id=who),
        authority=Authority(role="tenant_admin", grant="AUTH-X"),
        cause=Cause(kind="person", ref=who),
        reason={"code": "said"} if reason else None,
        data=body.model_dump(mode="json"),
    )


def lived(*told):
    state = None
    for kind, body, *who in told:
        state = evolve(state, entry(kind, body, *who))
    return state


THROWN = ("switch.thrown.v1", SwitchNamed(switch="tenant"))
ASKED = ("switch.release_asked.v1", SwitchNamed(switch="tenant"), "bo")


def test_a_tenant_of_which_nothing_is_known_runs_in_shadow():
    assert TenantState().mode is Mode.SHADOW


def test_whoever_asked_for_live_is_forgotten_once_it_is_decided():
    asked = lived(("tenant.mode_asked.v1", ModeAsked(mode=Mode.LIVE)))
    assert asked.live_asked_by == "ada"
    assert asked.mode is Mode.SHADOW
    live = evolve(asked, entry("tenant.mode_changed.v1", ModeChanged(mode=Mode.LIVE, asked_by="ada"), "bo"))
    assert (live.mode, live.live_asked_by) == (Mode.LIVE, None)


def test_a_switch_is_on_until_it_is_released():
    on = lived(THROWN, ASKED)
    assert (on.switch("tenant").thrown_by, on.switch("tenant").release_asked_by) == ("ada", "bo")
    off = lived(THROWN, ASKED, ("switch.released.v1", SwitchReleased(switch="tenant", asked_by="bo"), "cy"))
    assert off.switches == ()


def test_throwing_a_switch_again_voids_the_wish_to_release_it():
    assert lived(THROWN, ASKED, THROWN).switch("tenant").release_asked_by is None


def test_the_switches_stand_by_name_whatever_the_order():
    names = ("tenant", "action:A", "connector:x")
    one = lived(*(("switch.thrown.v1", SwitchNamed(switch=n)) for n in names))
    other = lived(*(("switch.thrown.v1", SwitchNamed(switch=n)) for n in reversed(names)))
    assert one == other


def test_the_release_of_a_switch_that_is_off_does_not_fold():
    with pytest.raises(LedgerError, match="which is off"):
        lived(ASKED)


def test_a_tenants_stream_tells_of_nothing_else():
    with pytest.raises(LedgerError, match="something else"):
        evolve(None, entry("fact.recorded.v1", _fact()))


def _fact():
    from ledger import FactRecorded

    return FactRecorded(fact_id="f", kind="k", subject_id="s", value="v", effective_at=NOW, source="crm")


@pytest.mark.parametrize("kind", ["switch.thrown.v1", "switch.release_asked.v1", "switch.released.v1"])
def test_a_switch_without_a_reason_cannot_be_written(kind):
    body = SwitchReleased(switch="tenant", asked_by="bo") if "released" in kind else SwitchNamed(switch="tenant")
    with pytest.raises(ValueError, match="needs a reason"):
        entry(kind, body, reason=False)


def test_a_proposed_policy_is_not_in_force_and_a_published_one_is_proposed_no_more():
    stream = f"policy/{'a' * 64}"
    proposed = PolicyProposed(digest=A, name="a", base=B, simulated=Simulated(judged=0, since=NOW))
    state = evolve(None, entry("policy.proposed.v1", proposed, stream=stream))
    assert (state.publications, state.proposed_by, state.base, state.published_at) == (0, "ada", B, None)
    state = evolve(state, entry("policy.published.v1", PolicyPublished(digest=A, name="a", previous=B), "bo", stream))
    assert state == PolicyState(digest=A, name="a", published_at=NOW, previous=B, publications=1)


def test_an_entry_about_another_policy_does_not_fold():
    known = PolicyState(digest=A, name="a")
    with pytest.raises(LedgerError, match="another policy"):
        evolve(known, entry("policy.published.v1", PolicyPublished(digest=B, name="b"), stream="policy/" + "a" * 64))
