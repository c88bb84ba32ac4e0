"""The report as one page that needs nothing else: no script from elsewhere, no font, no picture."""

from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from evals.case_files import HERE
from evals.exam import Exam, mix
from evals.report.figures import figures


def page(exam: Exam) -> str:
    """Return the page; every word of a model or of a customer is escaped."""
    return _environment().get_template("page.html.j2").render(exam=exam, mix=mix(exam.rows), figures=figures(exam))


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
