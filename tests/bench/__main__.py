"""Run the benchmarks that are named, or all: `python -m tests.bench [gate authority simulation ...]`."""

import sys

from tests.bench import SUBJECTS, subject


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in SUBJECTS]
    if unknown:
        sys.stderr.write(f"there is no benchmark {', '.join(unknown)}; known: {', '.join(SUBJECTS)}\n")
        return 2
    for name in names or list(SUBJECTS):
        for line in subject(name)():
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
