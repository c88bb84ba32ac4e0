"""The long chaos runs by name: `python -m tests.chaos RUN ...`; each says what it takes with --help."""

import sys

from tests.chaos import approvals, campaign, exclusivity, ledgers, sweep

RUNS = {
    "sweep": sweep.main,
    "campaign": campaign.main,
    "approvals": approvals.main,
    "exclusivity": exclusivity.main,
    "ledgers": ledgers.main,
}


def main(words: list[str]) -> int:
    """Run one of them; return 1 where something was violated."""
    if not words or words[0] not in RUNS:
        sys.stderr.write(f"which run? One of: {', '.join(RUNS)}\n")
        return 2
    return RUNS[words[0]](words[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
