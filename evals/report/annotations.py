"""One line for each finding that a CI shows beside the file it is about."""

from collections.abc import Iterator

from evals.cases import case_names
from evals.exam import Exam


def annotations(exam: Exam) -> Iterator[str]:
    """Yield workflow commands: the file, the cause, and what to do."""
    for finding in exam.findings:
        case = finding.where.split("/")[0]
        file = f"evals/cases/{case}.yaml" if case in case_names() else finding.where
        known = file if "/" in file and " " not in file else "evals"
        yield f"::error file={_property(known)},title={_property(f'evals: {finding.cause}')}::{_data(finding.told)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
