"""Put each fault into gate, tables, proofs and scorers; does a test notice? `python -m tests.mutation [PART]`.

A fault inside a function is put into it after the tests were collected; every other one into a module that is loaded
anew. Nothing is written to the module's file.
"""

import ast
import importlib
import os
import sys
import time
from collections import Counter
from pathlib import Path

from tests.mutation.changes import faults
from tests.mutation.equivalents import EQUIVALENT
from tests.mutation.processes import LOADING, SURVIVED, TEST, Faulty, Watch, loaded, preload, staged

ROOT = Path(__file__).parent.parent.parent
RULES = tuple(
    f"tests/gate/test_{name}.py"
    for name in ("rules", "edges", "openings", "sentences", "policy_tables", "view", "laws")
)
AUTHORITY = ("tests/gate/test_authority_edges.py", "tests/gate/test_authority.py")
TABLES = ("tests/plan/test_tables.py", "tests/plan/test_life_of_a_plan.py", "tests/plan/test_exploration.py")
SCORERS = tuple(f"tests/evals/test_scorer_{name}.py" for name in ("anchors", "guards", "needs", "tables", "relations"))
SCORING = (
    *(f"evals/scorers/{path.name}" for path in sorted((ROOT / "evals/scorers").glob("*.py"))),
    *(f"evals/{name}.py" for name in ("goals", "reading", "treatments")),
)
TARGETS: dict[str, tuple[str, ...]] = {
    **{f"gate/rules/{path.name}": RULES for path in sorted((ROOT / "gate/rules").glob("*.py"))},
    "gate/judging.py": RULES,
    "gate/view.py": RULES,
    "gate/strictness.py": ("tests/gate/test_strictness.py",),
    "gate/authority/cedar.py": AUTHORITY,
    "gate/authority/requests.py": AUTHORITY,
    "plan/lifecycle.py": TABLES,
    "ledger/course.py": ("tests/ledger/test_course.py",),
    "ledger/note.py": ("tests/ledger/test_note.py", "tests/ledger/test_note_edges.py", "tests/ledger/test_keyring.py"),
    "ledger/tree.py": ("tests/ledger/test_tree.py",),
    **dict.fromkeys(SCORING, SCORERS),
}
"""Each module, and the tests that are about it."""
PARTS = {"scorers": SCORING}
"""Modules that are asked for by one name though their paths do not hold it."""
LEAST = 95
"""Of a hundred faults, how many must be killed; those that were explained count as alive."""


def limit(took: dict[str, float]) -> int:
    """Return how many seconds of the processor a fault may take, given how long each test takes without one."""
    return 10 + int(3 * sum(took.values()))


def tried(file: str, tests: tuple[str, ...]) -> dict[str, int]:
    """Return how each fault of a module ended."""
    path, name, started = str(ROOT / file), _module(file), time.perf_counter()
    tree = ast.parse(Path(path).read_text("utf-8"))
    found = faults(tree, KNOWN[file])
    inside = [fault for fault in found if fault.inside]
    codes = [fault.compiled(tree, path) for fault in inside]
    told, took, first = staged(tests, codes, path, limit, SOUND.get(tests, {}))
    ended = {fault.name: status for fault, status in zip(inside, told, strict=True)}
    if tests not in SOUND:
        right = Faulty(name, path, compile(tree, path, "exec", dont_inherit=True))
        status, failed = loaded(tests, right, Watch((), {}), 10 * limit(took))
        if status != SURVIVED:
            raise SystemExit(f"{path} loaded without any fault fails {failed}")
        SOUND[tests] = took
    for fault in (f for f in found if not f.inside):
        faulty = Faulty(name, path, fault.compiled(tree, path))
        ended[fault.name], failed = loaded(tests, faulty, Watch(first, took), limit(took))
        if failed:
            first = [failed, *(name for name in first if name != failed)]
    for fault in found:
        if ended[fault.name] == SURVIVED:
            print(f"  {file}:{fault.line} {fault.name}")
    lived = list(ended.values()).count(SURVIVED)
    print(f"{file}: {len(found)} faults, {lived} survived; {time.perf_counter() - started:.0f} s", flush=True)
    return {f"{file} {fault.name}": ended[fault.name] for fault in found}


def verdict(endings: dict[str, int], explained: set[str]) -> list[str]:
    """Return what is wrong: survivors that nobody explained, explanations of what did not survive, and too few killed."""
    survivors = {name for name, status in endings.items() if status == SURVIVED}
    broken = {name for name, status in endings.items() if _kind(status) == "broken"}
    tried_files = {name.partition(" ")[0] for name in endings}
    stale = {name for name in explained - survivors if name.partition(" ")[0] in tried_files}
    killed = 100 * (len(endings) - len(survivors) - len(broken)) / max(len(endings), 1)
    return [
        *(f"survived: {name}" for name in sorted(survivors - explained)),
        *(f"explained, but it did not survive: {name}" for name in sorted(stale)),
        *(f"broke: {name}" for name in sorted(broken)),
        *([f"killed {killed:.1f} % of all faults; {LEAST} % is the least"] if killed < LEAST else []),
    ]


def _kind(status: int) -> str:
    return {SURVIVED: "survived", TEST: "test", LOADING: "loading"}.get(status, "limit" if status < 0 else "broken")


def _module(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


KNOWN: dict[str, dict[str, object]] = {}
"""The names of each module, read before any process of a fault is started."""
SOUND: dict[tuple[str, ...], dict[str, float]] = {}
"""The tests that were seen to hold where a module is loaded from memory as it is, and how long each takes."""


def main(parts: list[str]) -> int:
    """Try every fault of the modules that one of these parts names (none: of all) and print what came of it.

    A part is a piece of a path, or a name in `PARTS`.
    """
    os.chdir(ROOT)
    began = time.perf_counter()
    targets = {
        file: tests
        for file, tests in TARGETS.items()
        if not parts or any(part in file or file in PARTS.get(part, ()) for part in parts)
    }
    KNOWN.update({file: dict(vars(importlib.import_module(_module(file)))) for file in targets})
    preload(sorted({test.removesuffix(".py").replace("/", ".") for tests in targets.values() for test in tests}))
    endings = {name: status for file, tests in targets.items() for name, status in tried(file, tests).items()}
    wrong, how = verdict(endings, set(EQUIVALENT)), Counter(_kind(status) for status in endings.values())
    print("\n".join(wrong), end="\n" if wrong else "")
    killed = len(endings) - how["survived"] - how["broken"]
    print(
        f"mutants: {len(endings):,}, killed {killed:,} ({100 * killed / max(len(endings), 1):.1f} %): {how['test']:,} by a "
        f"test, {how['loading']:,} by not loading, {how['limit']:,} by a limit; {how['survived']} survived, "
        f"{sum(w.startswith('survived') for w in wrong)} of them unexplained; {time.perf_counter() - began:.0f} s"
    )
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
