"""The exam: are the proposals good, and do they obey? `python -m evals [COMMAND]`; without one, the replay gate."""

import gc
import sys

gc.disable()  # a short program that throws nothing away: looking for what it might have costs a seventh of its time

from evals.commands import main  # noqa: E402 - the imports are most of what would be looked at

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
