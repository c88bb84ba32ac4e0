"""An outside suite of nine edits finds nothing that the ledger does not notice; its attacker may even recompute it."""

import pytest
from agmi.check import run

from tests.store.agmi_ledger import Ledger, Recomputed, Unanchored


def verdicts(adapter):
    return {row["edit"].partition(" ")[0]: (row["verdict"], row["detail"]) for row in run(adapter)}


@pytest.mark.parametrize("attacked", [Ledger, Recomputed])
def test_nine_of_nine_edits_are_reported(attacked):
    told = verdicts(attacked())
    assert len(told) == 9
    assert {edit: said for edit, said in told.items() if said[0] != "REPORTED"} == {}


def test_with_nothing_kept_outside_only_a_whole_older_copy_passes():
    told = verdicts(Unanchored())
    assert [edit for edit, said in told.items() if said[0] != "REPORTED"] == ["T9"]
    assert told["T9"][0] == "ACCEPTED"
