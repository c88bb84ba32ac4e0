"""The report as one page that needs nothing else: no script from elsewhere, no font, no picture."""

from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from evals.baseline import read_baseline
from evals.case_files import HERE
from evals.exam import Exam, mix
from evals.report.cards import cards
from evals.report.figures import figures
from evals.scorers import SCORERS


def page(exam: Exam) -> str:
    """Return the page; every word of a model or of a customer is escaped."""
    shown = cards(exam.rows, read_baseline())
    kinds = sorted({row.change or row.kind for row in exam.rows})
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            exam=exam,
            mix=mix(exam.rows),
            figures=figures(exam),
            cards=shown,
            kinds=kinds,
            models=sorted({row.model for row in exam.rows}),
            scorers=[name for name in SCORERS if name != "injection"],
        )
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
