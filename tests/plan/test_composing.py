import pytest
from pydantic import BaseModel, ConfigDict

from ledger import Entry, PlanState, evolve
from plan import PlanError, canonical, composed
from plan.composing import DEEP, KEPT, _kept, _unbound
from tests.builders import approval, plan, step_approval
from tests.ledger.test_golden import FILES, streams


class Leaf(BaseModel):
    model_config = ConfigDict(frozen=True)
    text: str = ""
    number: int = 0


class Loose(BaseModel):
    model_config = ConfigDict(frozen=True)
    free: dict[str, object] = {}


class Tree(BaseModel):
    model_config = ConfigDict(frozen=True)
    leaf: Leaf = Leaf()
    leaves: tuple[Leaf, ...] = ()
    loose: Loose = Loose()


def test_every_state_of_every_golden_stream_has_the_same_bytes_either_way():
    seen = 0
    for file in FILES:
        for lines in streams(file):
            state = None
            for line in lines:
                state = evolve(state, Entry.model_validate_json(line))
                if isinstance(state, PlanState):
                    assert composed(state) == canonical(state)
                    seen += 1
    assert seen > 300


def test_a_part_that_changed_has_new_bytes():
    state = PlanState(plan=plan(), approvals=(approval(),), step_approvals=(step_approval(),))
    first = composed(state)
    step = state.plan.steps[1].model_copy(update={"outcome": "DONE"})
    other = state.model_copy(update={"plan": state.plan.with_step(step)})
    assert composed(other) == canonical(other) != first
    assert composed(state) == first


@pytest.mark.parametrize("number", [0, 1, 2])
def test_parts_of_equal_value_that_are_other_objects_are_told_for_themselves(number):
    tree = Tree(leaves=tuple(Leaf(number=one) for one in range(number)))
    assert composed(tree) == canonical(tree)
    again = tree.model_copy(update={"leaf": Leaf(text="other")})
    assert composed(again) == canonical(again)


@pytest.mark.parametrize(
    "bad",
    [
        Tree(leaf=Leaf(text="a\x00b")),
        Tree(leaves=(Leaf(text="\ud800"),)),
        Tree(leaf=Leaf(number=2**53)),
        Tree(loose=Loose(free={"ä": 1})),
        Tree(loose=Loose(free={"x": 1.5})),
    ],
)
def test_what_is_not_canonical_is_refused_as_by_the_plain_way(bad):
    with pytest.raises(PlanError) as plain:
        canonical(bad)
    with pytest.raises(PlanError) as parts:
        composed(bad)
    assert str(parts.value).split(" ", 1)[1] == str(plain.value).split(" ", 1)[1]


def test_only_fields_whose_type_rules_nothing_out_are_looked_through():
    assert _unbound(Leaf) == frozenset()
    assert _unbound(Loose) == {"free"}
    assert _unbound(Tree) == {"loose"}


def test_what_is_kept_never_grows_without_bound():
    for number in range(KEPT + 10):
        composed(Tree(leaf=Leaf(number=number)))
    assert len(_kept) <= KEPT
    assert DEEP == 2
