"""What Gradescope tells is taken as far as it fits; nothing in it can break grading."""

import json

import pytest

from grader.gradescope.metadata import Metadata, read_metadata

# The example of Gradescope's documentation, with its comments left out.
DOCUMENTED = {
    "id": 123456,
    "created_at": "2018-07-01T14:22:32.365935-07:00",
    "assignment": {
        "due_date": "2018-07-31T23:00:00.000000-07:00",
        "group_size": 4,
        "group_submission": True,
        "id": 25828,
        "course_id": 1234,
        "late_due_date": None,
        "release_date": "2018-07-02T00:00:00.000000-07:00",
        "title": "Programming Assignment 1",
        "total_points": "20.0",
    },
    "submission_method": "upload",
    "users": [{"email": "student@example.com", "id": 1234, "name": "Student User"}],
    "previous_submissions": [
        {
            "submission_time": "2017-04-06T14:24:48.087023-07:00",
            "score": 0.0,
            "autograder_error": False,
            "results": {"score": 3},
        }
    ],
}


@pytest.fixture
def read(tmp_path):
    def write_and_read(value):
        path = tmp_path / "submission_metadata.json"
        path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
        return read_metadata(path)

    return write_and_read


def test_the_documented_example(read):
    told = read(DOCUMENTED)
    assert told.created_at.isoformat() == "2018-07-01T14:22:32.365935-07:00"
    assert told.assignment.total_points == 20.0
    assert told.student == "Student User"
    assert told.due.isoformat() == "2018-07-31T23:00:00-07:00"
    (earlier,) = told.previous_submissions
    assert (earlier.score, earlier.autograder_error, earlier.results) == (0.0, False, {"score": 3})


def test_dates_of_a_student_s_own(read):
    own = {"due_date": "2018-08-02T23:00:00-07:00", "late_due_date": "2018-08-03T23:00:00-07:00"}
    users = [{"name": "Ada", "assignment": own}, {"name": "Bo", "assignment": None}]
    told = read({**DOCUMENTED, "users": users})
    assert told.due.day == 3
    assert told.student == "Ada, Bo"


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"created_at": NaN}',
        b"[" * 100_000,
        {"created_at": 3.5e300, "assignment": [], "users": {}, "previous_submissions": 7},
        {"users": [None, 1, "x"], "previous_submissions": [None, []], "assignment": "no"},
    ],
)
def test_nonsense_is_nothing_told(read, value):
    told = read(value)
    assert (told.assignment, told.users, told.previous_submissions) == (None, [], [])
    assert told.student == ""
    assert told.due is None


def test_no_file_is_nothing_told(tmp_path):
    assert read_metadata(tmp_path / "nowhere") == Metadata()


def test_what_fits_is_kept_beside_what_does_not(read):
    told = read(
        {
            "created_at": "2018-07-01T14:22:32",
            "assignment": {"total_points": "many", "due_date": "soon", "title": 5, "new": {}},
            "users": [{"name": None, "email": "a@b.c", "assignment": "?"}, 3],
            "previous_submissions": [{"score": "12.5", "submission_time": "then"}, "x"],
        }
    )
    assert told.created_at.utcoffset().total_seconds() == 0
    assert told.assignment.total_points is None
    assert told.student == "a@b.c"
    assert [each.score for each in told.previous_submissions] == [12.5]
