"""What the page of the exam says, and what it owns up to."""

from oncourse.web.pages.evals_page import the_exam
from oncourse.web.pages.exam_reading import Accepted, Answer, Bar, Exam, read_exam


def shown(door, browser, exam, path="/evals"):
    door.app.dependency_overrides[the_exam] = lambda: exam
    return browser().open(path)


def answer(case="birch", model="authored", **more):
    return Answer.model_validate({"case": case, "model": model, "k": 1, "passed": True, "values": {"timing": 1}} | more)


def exam_of(*answers):
    return Exam(
        Accepted(policy="sha256:" + "a" * 64, answers=answers), (Bar("worst_drop", "-0.05", "of a difference"),)
    )


def test_an_installed_package_says_that_it_holds_no_exam_and_how_to_run_one(door, browser, tmp_path):
    page = shown(door, browser, read_exam(tmp_path))
    assert "This installation holds no exam" in page.text
    assert "make evals" in page.text


def test_each_case_stands_with_what_it_lost_and_those_that_fail_come_first(door, browser):
    bad = answer("dune", passed=False, values={"timing": 0.25, "schema": 1})
    page = shown(door, browser, exam_of(answer(), bad))
    assert "dune does not pass timing 0.25" in page.text
    assert page.text.index("dune") < page.text.index("birch")
    assert "-0.05 worst drop of a difference" in page.text


def test_another_source_is_chosen_by_its_tab(door, browser):
    page = shown(door, browser, exam_of(answer(), answer("cord", "code")), "/evals?model=code")
    assert "cord" in page.text
    assert "birch" not in page.text


def test_quality_counts_as_not_measured_until_a_real_model_answered(door, browser):
    assert "is not measured" in shown(door, browser, exam_of(answer())).text
    assert "is not measured" not in shown(door, browser, exam_of(answer(), answer(model="claude-x"))).text


def test_the_files_of_this_checkout_are_read(door, browser):
    page = shown(door, browser, the_exam())
    assert "evals/baseline.json" in page.text
    assert "alderwick" in page.text


def test_a_baseline_that_cannot_be_read_is_said_in_one_line(tmp_path, door, browser):
    (tmp_path / "baseline.json").write_text("{")
    (tmp_path / "thresholds.yaml").write_text("a: 1\n")
    door.app.dependency_overrides[the_exam] = lambda: read_exam(tmp_path)
    page = browser().open("/evals", status=422)
    assert "evals/baseline.json cannot be read" in page.text
