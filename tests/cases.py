"""Write the demo's own requests as cases: `python -m tests.cases`, after the demo tenant or the request changed."""

import sys
import tempfile
from pathlib import Path

from agent import ProposalRequest, ProposalResult, playbook_drafter
from evals.case_files import DEMO
from oncourse import demo

RECORDED = ("aurora", "brixton", "jarrow", "lomond")
"""Accounts whose drafts come from a recording."""


class Keeping:
    """A drafter that remembers what it was asked."""

    name = "playbook"

    def __init__(self) -> None:
        self.asked: dict[str, ProposalRequest] = {}

    def draft(self, request: ProposalRequest) -> ProposalResult:
        """Remember, and draft from the playbook."""
        self.asked.setdefault(request.situation.account.account_id, request)
        return playbook_drafter().draft(request)


def demo_requests() -> dict[str, bytes]:
    """Return the first request of each recorded account, as the demo asks it."""
    keeping = Keeping()
    with tempfile.TemporaryDirectory() as folder:
        demo.stage_demo(Path(folder), keeping, days=4)
    return {name: keeping.asked[name].model_dump_json(indent=1).encode() + b"\n" for name in RECORDED}


def main() -> None:
    """Write the cases."""
    DEMO.mkdir(exist_ok=True)
    for name, data in demo_requests().items():
        (DEMO / f"{name}.json").write_bytes(data)
        sys.stdout.write(f"evals/demo/{name}.json\n")


if __name__ == "__main__":
    main()
