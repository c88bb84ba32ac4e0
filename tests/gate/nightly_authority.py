"""Hold Cedar to the oracle over the whole abstract domain: `python -m tests.gate.nightly_authority`."""

import sys
import time
from collections.abc import Iterable

from gate import may
from tests.gate.oracle import POLICY, Case, allowed, domain, request


def differences(cases: Iterable[Case]) -> tuple[int, list[tuple[Case, str]]]:
    """Return how many situations were asked, and each in which Cedar and the oracle differ."""
    count, found = 0, []
    for count, case in enumerate(cases, start=1):  # noqa: B007 - the last count is the answer
        answer = may(request(case), POLICY)
        if answer.allowed != allowed(case):
            found.append((case, answer.grant))
    return count, found


def main() -> int:
    """Print how many requests were asked and every difference; return 1 where there is one."""
    started = time.perf_counter()
    count, found = differences(domain())
    for case, grant in found[:20]:
        print(f"{case} is decided by {grant}")
    print(f"authority: {count:,} requests, {len(found)} differences, {time.perf_counter() - started:.0f} s")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
