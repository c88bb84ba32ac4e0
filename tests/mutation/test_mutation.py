"""The faults are put in, they show, and nobody's excuse outlives its reason."""

import ast
import textwrap

import pytest

from plan import Approval
from tests.mutation.__main__ import TARGETS, verdict
from tests.mutation.changes import faults
from tests.mutation.equivalents import EQUIVALENT
from tests.mutation.processes import BROKEN, SURVIVED, TEST

KILLED = {f"gate/judging.py {number}": TEST for number in range(100)}

SOURCE = textwrap.dedent(
    '''
    """A sentence about the module."""
    __all__ = ["judge"]
    LIMITS = (1, "two")

    def judge(step: "int | None", most: int = 3) -> bool:
        """Say whether it may."""
        if not step or step > most:
            raise ValueError(f"{step} is too much")
        return step.approval is Approval.AUTO
    '''
)
FOUND = """
module: without 1 of (1, 'two')
module: without 'two' of (1, 'two')
module: 1 -> 2
module: 'two' -> 'twoX'
judge: 3 -> 4
judge: not step or step > most -> not step and step > most
judge: not step or step > most without not step
judge: not step or step > most without step > most
judge: not step -> step
judge: step > most -> step >= most
judge: step > most -> step <= most
judge: raise ValueError(f'{step} is too much') -> pass
judge: return step.approval is Approval.AUTO -> return None
judge: step.approval is Approval.AUTO -> step.approval is not Approval.AUTO
judge: Approval.AUTO -> Approval.APPROVE
"""


def found():
    tree = ast.parse(SOURCE)
    return tree, faults(tree, {"Approval": Approval})


def test_every_fault_is_found_and_sentences_annotations_docstrings_and_faces_are_left_alone():
    assert {fault.name for fault in found()[1]} == set(FOUND.strip().split("\n"))


def test_what_shows_only_in_a_call_is_told_from_what_shows_on_loading():
    outside = [fault.name for fault in found()[1] if not fault.inside]
    assert outside == [*FOUND.strip().split("\n")[:4], "judge: 3 -> 4"]


def test_each_fault_stands_alone_and_the_tree_stays_as_it_was():
    tree, all_found = found()
    before = ast.dump(tree)
    codes = [fault.compiled(tree, "judge.py") for fault in all_found]
    assert ast.dump(tree) == before
    right = compile(tree, "judge.py", "exec")
    assert len({right, *codes}) == len(codes) + 1


def test_a_fault_of_one_name_that_stands_twice_is_numbered():
    tree = ast.parse("a = 1\nb = 1")
    assert [fault.name for fault in faults(tree, {})] == ["module: 1 -> 2", "module: 1 -> 2 #2"]


def test_a_survivor_wants_an_explanation_and_an_explanation_a_survivor():
    endings = {"gate/view.py a": SURVIVED, "gate/view.py b": TEST, "gate/view.py c": SURVIVED, **KILLED}
    assert verdict(endings, {"gate/view.py a", "gate/view.py c"}) == []
    assert verdict(endings, {"gate/view.py a"}) == ["survived: gate/view.py c"]
    stale = {"gate/view.py a", "gate/view.py b", "gate/view.py c", "gate/view.py gone", "plan/lifecycle.py other"}
    assert verdict(endings, stale) == [
        "explained, but it did not survive: gate/view.py b",
        "explained, but it did not survive: gate/view.py gone",
    ]


@pytest.mark.parametrize(("survivors", "wrong"), [(5, []), (6, ["killed 94.0 % of all faults; 95 % is the least"])])
def test_of_a_hundred_faults_five_may_be_explained_and_no_more(survivors, wrong):
    alive = {f"gate/view.py {number}": SURVIVED for number in range(survivors)}
    endings = dict(list((alive | KILLED).items())[:100])
    assert verdict(endings, set(alive)) == wrong


def test_a_process_that_broke_proves_nothing():
    assert verdict({"gate/view.py a": BROKEN, **KILLED}, set()) == ["broke: gate/view.py a"]


def test_every_explanation_is_a_sentence_about_a_module_that_is_tried():
    assert {name.partition(" ")[0] for name in EQUIVALENT} <= set(TARGETS)
    assert all(len(why.split()) > 3 for why in EQUIVALENT.values())
