"""The exam: are the proposals good, and do they obey? `python -m evals [COMMAND]`; without one, the replay gate."""

import sys

from evals.commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
