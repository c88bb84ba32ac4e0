"""The exam as JUnit XML: a test for each answer, and one for each finding that is about none."""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from evals.exam import Exam
from evals.results import Row


def junit(exam: Exam) -> str:
    """Return the XML; it holds no times, so that equal exams are equal bytes."""
    by_key = {row.key for row in exam.rows}
    lost = {finding.where: finding for finding in exam.findings if finding.where in by_key}
    others = [finding for finding in exam.findings if finding.where not in by_key]
    suite = Element(
        "testsuite",
        name="evals",
        tests=str(len(exam.rows) + len(others)),
        failures=str(len(lost) + len(others)),
        errors="0",
        skipped="0",
    )
    for row in exam.rows:
        test = SubElement(suite, "testcase", classname=f"evals.{row.kind}", name=row.key)
        if row.key in lost:
            finding = lost[row.key]
            SubElement(test, "failure", message=finding.cause, type="evals").text = finding.told
        SubElement(test, "system-out").text = _lines(row)
    for finding in others:
        test = SubElement(suite, "testcase", classname="evals.gate", name=f"{finding.cause}: {finding.where}")
        SubElement(test, "failure", message=finding.cause, type="evals").text = finding.told
    indent(suite)
    return tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _lines(row: Row) -> str:
    scores = [f"{score.name} {score.value:g}{'' if score.passed else ' FAILS'}" for score in row.scores]
    return "\n".join([f"{row.source}: {row.told}", *scores, *(m for score in row.scores for m in score.messages)])
