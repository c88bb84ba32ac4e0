"""The report of an exam: on the terminal, as Markdown, as JUnit, as data, and as one page to look at."""

import os
from pathlib import Path

import orjson

from evals.baseline import baseline_of, write_baseline
from evals.exam import Exam
from evals.report.annotations import annotations
from evals.report.junit import junit
from evals.report.page import page
from evals.report.summary import summary


def write_report(exam: Exam, folder: Path) -> None:
    """Print the summary and write every form of the report into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    told = summary(exam)
    (folder / "summary.md").write_text(told, "utf-8")
    (folder / "junit.xml").write_text(junit(exam), "utf-8")
    (folder / "report.html").write_text(page(exam), "utf-8")
    (folder / "results.json").write_bytes(orjson.dumps(exam.model_dump(mode="json"), option=orjson.OPT_INDENT_2))
    write_baseline(baseline_of(exam.rows), folder / "answers.json")
    print(told)
    print(f"report: {folder / 'report.html'}")
    if os.environ.get("CI"):
        print(*annotations(exam), sep="\n")
        step = os.environ.get("GITHUB_STEP_SUMMARY")
        if step:
            with Path(step).open("a", encoding="utf-8") as file:
                file.write(told)
