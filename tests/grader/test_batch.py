"""A class: each report is written as soon as it is there, and kept whatever comes after."""

import errno
import importlib.util
import json
import os
import threading
from pathlib import Path

import pytest

from grader import batch as module
from grader.batch import Batch, Interrupted
from grader.intake import Source
from grader.isolation import Local
from grader.problem import Problem
from grader.run import Stopped

spec = importlib.util.spec_from_file_location("reports", Path(__file__).parent / "reports.py")
made = importlib.util.module_from_spec(spec)
spec.loader.exec_module(made)
TESTS = [made.info(number=number) for number in ("1", "2")]


class Class:
    """Students with a file each, and a stand-in for grading."""

    def __init__(self, tmp_path, unit, monkeypatch):
        self.folder = tmp_path / "class"
        self.out = tmp_path / "out"
        self.unit = unit
        self.graded = []
        self.does = {}
        self.ticks = []
        monkeypatch.setattr(module, "grade_submission", self.grade_submission)

    def grade_submission(self, unit, folder, tests, *, name, student, isolation, seconds, stop):
        assert os.listdir(folder) == ["traps.py"]
        self.graded.append(name)
        tests = self.does.get(name, self.passes)(stop)
        return made.report(*tests, submission=name, student=student)

    def passes(self, stop):
        return [made.result("passed", number=n, score=2.0) for n in ("1", "2")]

    def sources(self, *names):
        for name in names:
            (self.folder / name).mkdir(parents=True)
            (self.folder / name / "traps.py").touch()
        return [Source(self.folder / name, name, name.title()) for name in names]

    def grade(self, *names, jobs=1):
        sources = self.sources(*names)
        self.batch = Batch(self.unit, TESTS, self.out, jobs, isolation=Local([]))
        self.batch.grade(sources, self.ticks.append)
        return {report.submission: report for report in self.batch.done}

    def files(self):
        return sorted(p.relative_to(self.out).as_posix() for p in self.out.rglob("*.*"))


@pytest.fixture
def course(tmp_path, unit, monkeypatch):
    return Class(tmp_path, unit, monkeypatch)


@pytest.mark.parametrize("jobs", [1, 3])
def test_everyone_gets_two_files(course, jobs):
    reports = course.grade("ada", "bo", "cy", jobs=jobs)
    assert {name: report.score for name, report in reports.items()} == {"ada": 4, "bo": 4, "cy": 4}
    assert course.files() == [
        f"{name}/{file}" for name in ("ada", "bo", "cy") for file in ("report.txt", "results.json")
    ]
    assert json.loads((course.out / "bo/results.json").read_text())["score"] == 4
    assert "Bo" in (course.out / "bo/report.txt").read_text()
    assert len(course.ticks) == 3


def test_what_cannot_be_taken_is_reported_without_being_run(course):
    sources = course.sources("ada", "bo", "cy")
    (course.folder / "bo/traps.py").unlink()
    (course.folder / "cy/traps.py").unlink()
    (course.folder / "cy/traps.py").symlink_to("/etc/passwd")
    batch = Batch(course.unit, TESTS, course.out, isolation=Local([]))
    batch.grade(sources, lambda report: None)
    reports = {report.submission: report for report in batch.done}
    assert course.graded == ["ada"]
    assert (reports["bo"].score, reports["bo"].max_score) == (0, 4)
    assert reports["bo"].problem.startswith("There is no file in this submission")
    assert reports["cy"].score is None
    assert not reports["cy"].graded
    assert "traps.py is a link" in (course.out / "cy/report.txt").read_text()
    assert "score" not in json.loads((course.out / "cy/results.json").read_text())


def test_a_mistake_of_ours_is_one_students_report_only(course):
    def fails(stop):
        raise KeyError("ours")

    course.does["bo"] = fails
    reports = course.grade("ada", "bo", "cy")
    assert [reports[name].score for name in ("ada", "bo", "cy")] == [4, None, 4]
    assert "not of yours" in (course.out / "bo/report.txt").read_text()
    assert "KeyError: 'ours'" in (course.out / "bo/internal_errors.txt").read_text()
    assert "Traceback" in (course.out / "bo/internal_errors.txt").read_text()
    assert "ours" not in (course.out / "bo/report.txt").read_text().replace("yours", "")


def test_the_trouble_of_an_earlier_run_goes_with_it(course):
    course.does["ada"] = lambda stop: [made.result("internal_error")]
    course.grade("ada")
    assert "ada/internal_errors.txt" in course.files()
    del course.does["ada"]
    batch = Batch(course.unit, TESTS, course.out, isolation=Local([]))
    batch.grade([Source(course.folder / "ada", "ada", "Ada")], lambda report: None)
    assert course.files() == ["ada/report.txt", "ada/results.json"]


def test_ctrl_c_keeps_what_was_graded(course):
    done = threading.Event()

    def waits(stop):
        done.set()
        assert stop.wait(60)
        raise Stopped

    course.does["bo"] = waits
    ticks = []

    def tick(report):
        ticks.append(report.submission)
        assert done.wait(60)
        raise KeyboardInterrupt

    sources = course.sources("ada", "bo", "cy", "di")
    batch = Batch(course.unit, TESTS, course.out, jobs=2, isolation=Local([]))
    course.does["cy"] = course.does["di"] = waits
    with pytest.raises(Interrupted):
        batch.grade(sources, tick)
    assert [report.submission for report in batch.done] == ["ada"]
    assert course.files() == ["ada/report.txt", "ada/results.json"]


def test_what_is_finished_while_stopping_is_kept_too(course):
    begun = threading.Event()

    def finishes(stop):
        begun.set()
        assert stop.wait(60)
        return course.passes(stop)

    course.does["bo"] = finishes

    def tick(report):
        if report.submission == "ada":
            assert begun.wait(60)
            raise KeyboardInterrupt

    batch = Batch(course.unit, TESTS, course.out, jobs=2, isolation=Local([]))
    with pytest.raises(Interrupted):
        batch.grade(course.sources("ada", "bo"), tick)
    assert sorted(report.submission for report in batch.done) == ["ada", "bo"]
    assert len(course.files()) == 4


def test_a_full_disk_is_one_sentence(course, monkeypatch):
    write_text = module.write_text

    def full(path, text):
        if "ada" not in str(path):
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        write_text(path, text)

    monkeypatch.setattr(module, "write_text", full)
    with pytest.raises(Problem) as caught:
        course.grade("ada", "bo", "cy")
    message = str(caught.value)
    assert message.startswith("The disk is full (")
    assert message.endswith(f"1 of 3 submissions were graded and are kept in {course.out}.")
    assert "\n" not in message
    assert course.files() == ["ada/report.txt", "ada/results.json"]


def test_a_folder_that_cannot_be_written(course, monkeypatch):
    course.out.mkdir()
    (course.out / "ada").write_text("a file in the way")
    with pytest.raises(Problem, match="cannot be written"):
        course.grade("ada")


def test_no_scratch_is_left(course, monkeypatch, tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    course.grade("ada", "bo")
    assert os.listdir(scratch) == []
