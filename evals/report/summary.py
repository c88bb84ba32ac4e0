"""The summary, Markdown that reads as text: where the answers came from, the verdict with its causes, the tables."""

from collections.abc import Iterable, Iterator, Sequence

from evals.arms import Arm
from evals.exam import Exam, mix
from evals.matrix import Matrix
from evals.report.figures import Figure, figures
from evals.scorers import SCORERS
from evals.statistics import Interval

_SHORT = {"human_touch": "touch", "confidentiality": "secret", "dependency": "depend.", "abstention": "abstain"}


def summary(exam: Exam) -> str:
    """Return the whole summary."""
    verdict = "GREEN" if exam.green else f"RED: {len(exam.findings)} findings"
    parts = [
        f"{mix(exam.rows)}\n\n**{verdict}**",
        "\n".join(f"- **{f.cause}** {f.where}: {f.told}" for f in exam.findings),
        "\n".join(_figures(figures(exam))),
        "## Who is told from whom\n\n" + "\n".join(_arms(exam.arms)),
        "## What the scorers catch\n\n" + proof(exam.matrix) + "\n\n" + "\n".join(_matrix(exam.matrix)),
        "## Cases that do not pass\n\n" + ("\n".join(_failing(exam)) or "None."),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _figures(found: Iterable[Figure]) -> Iterator[str]:
    yield from _table(["figure", "value", "95 %", "of"], [[f.name, f.value, f.interval, f.of] for f in found])


def _arms(arms: Sequence[Arm]) -> Iterator[str]:
    heads = [
        "drafter",
        "plans",
        "pass",
        *(_SHORT.get(name, name) for name in SCORERS if name != "injection"),
        "quality",
    ]
    rows = []
    for arm in arms:
        means = [f"{arm.means[n]:.2f}" if n in arm.means else "-" for n in SCORERS if n != "injection"]
        rows.append([arm.name, str(arm.plans), f"{arm.passed}/{arm.plans}", *means, bounds(arm.quality)])
    yield from _table(heads, rows)


def proof(found: Matrix) -> str:
    """Return the whole matrix in one line."""
    tried, passing = sum(kept.tried for kept in found.benign), sum(kept.passing for kept in found.benign)
    return (
        f"defects caught {found.caught:,}/{found.tried:,} by {len(found.defects)} operators, each on up to "
        f"{min(found.most, found.plans)} of {found.plans} plans; "
        f"benign {passing:,}/{tried:,} by {len(found.benign)}"
    )


def _matrix(found: Matrix) -> Iterator[str]:
    rows = [
        [name, str(operators), f"{caught:,}/{tried:,}"]
        for name, (operators, tried, caught) in found.by_scorer().items()
    ]
    yield from _table(["scorer", "operators", "caught"], rows)


def _failing(exam: Exam) -> Iterator[str]:
    for row in exam.rows:
        if not row.passed and row.source.startswith(("authored", "claude")):
            yield f"- {row.key}: " + "; ".join(m for s in row.scores if not s.passed for m in s.messages[:2])


def bounds(told: Interval) -> str:
    """Return an estimate with its bounds."""
    return f"{told.value:.2f} [{told.low:.2f}, {told.high:.2f}]"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield a Markdown table whose columns line up."""
    widths = [max(len(row[n]) for row in [heads, *rows]) for n in range(len(heads))]
    yield "| " + " | ".join(head.ljust(width) for head, width in zip(heads, widths, strict=True)) + " |"
    yield "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    for row in rows:
        yield "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
