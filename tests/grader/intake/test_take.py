"""Each way in which a submission can be bad gets one sentence, and nothing is written."""

import os
import re
import socket
import stat
import struct
import zipfile

import pytest

from grader.assignment import Assignment
from grader.intake import find_sources, listing, take
from grader.intake.folder import list_folder
from grader.intake.listing import Incomplete, Unreadable

ASSIGNMENT = Assignment(
    title="Toy",
    part="traps",
    files=["traps.py"],
    optional_files=["notes.py"],
    clauses={"T1": {"title": "Waking"}},
)
CODE = b"def wakes(hart):\n    return True\n"


def grab(path, tmp_path):
    """Take the only submission at `path` and return its files."""
    (source,) = find_sources([path], ASSIGNMENT).sources
    into = tmp_path / "taken"
    taken = take(source, ASSIGNMENT, into)
    assert taken.folder == into
    return {name: (into / name).read_bytes() for name in sorted(os.listdir(into))}, taken.notes


def refused(path, tmp_path, kind=Unreadable):
    (source,) = find_sources([path], ASSIGNMENT).sources
    into = tmp_path / "taken"
    with pytest.raises(kind) as caught:
        take(source, ASSIGNMENT, into)
    assert not into.exists()
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    return message


def make_zip(path, entries, **options):
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return path


def entry(name, mode=None, data=CODE):
    info = zipfile.ZipInfo(name)
    info.external_attr = (mode if mode is not None else stat.S_IFREG | 0o644) << 16
    return info, data


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "alice"
    made.mkdir()
    (made / "traps.py").write_bytes(CODE)
    return made


# What is taken


def test_a_folder(folder, tmp_path):
    assert grab(folder, tmp_path) == ({"traps.py": CODE}, [])


def test_a_file_under_its_own_or_any_name(folder, tmp_path):
    assert grab(folder / "traps.py", tmp_path / "1") == ({"traps.py": CODE}, [])
    (folder / "alice_traps.py").write_bytes(b"pass")
    files, notes = grab(folder / "alice_traps.py", tmp_path / "2")
    assert files == {"traps.py": b"pass"}
    assert notes == ["alice_traps.py was taken as traps.py."]


def test_a_zip_with_optional_file(tmp_path):
    path = make_zip(tmp_path / "a.zip", [("traps.py", CODE), ("notes.py", b"1")])
    assert grab(path, tmp_path) == ({"notes.py": b"1", "traps.py": CODE}, [])


@pytest.mark.parametrize("top", ["traps/", "a/b/c/", "./"])
def test_a_folder_around_and_what_systems_leave_behind(tmp_path, top):
    path = make_zip(
        tmp_path / "a.zip",
        [
            (top, b""),
            (f"{top}traps.py", CODE),
            (f"__MACOSX/{top}._traps.py", b"x"),
            (f"{top}.DS_Store", b"x"),
            (f"{top}__pycache__/traps.cpython-311.pyc", b"x"),
        ],
    )
    assert grab(path, tmp_path) == ({"traps.py": CODE}, [])


def test_backslashes_of_old_zip_programs(tmp_path):
    path = make_zip(tmp_path / "a.zip", [("work\\traps.py", CODE)])
    assert grab(path, tmp_path)[0] == {"traps.py": CODE}


def test_extra_files_are_told_of_and_left_out(folder, tmp_path):
    (folder / "helper.py").write_text("x")
    (folder / "evil\u202e\n.py").write_text("x")
    files, notes = grab(folder, tmp_path)
    assert list(files) == ["traps.py"]
    assert notes == [
        "evil� .py and helper.py were not used: this assignment takes traps.py and notes.py."
    ]


def test_the_only_match_below_is_taken_and_told(tmp_path):
    path = make_zip(tmp_path / "a.zip", [("src/traps.py", CODE), ("README.txt", b"x")])
    files, notes = grab(path, tmp_path)
    assert files == {"traps.py": CODE}
    assert notes[0] == "traps.py was taken from src/traps.py."


# What is missing: no points


def test_missing_file(tmp_path):
    path = make_zip(tmp_path / "a.zip", [("trap.py", CODE), ("x.txt", b"")])
    message = refused(path, tmp_path, Incomplete)
    assert message == "traps.py is missing; hand in traps.py. There is: trap.py and x.txt."


def test_file_in_other_case(tmp_path):
    path = make_zip(tmp_path / "a.zip", [("Traps.py", CODE)])
    message = refused(path, tmp_path, Incomplete)
    assert message == "traps.py is missing; Traps.py is there: rename it to traps.py."


def test_nothing_in_it(tmp_path):
    make_zip(tmp_path / "a.zip", [])
    assert "There is no file" in refused(tmp_path / "a.zip", tmp_path, Incomplete)
    make_zip(tmp_path / "b.zip", [(".DS_Store", b"x")])
    assert "There is no file" in refused(tmp_path / "b.zip", tmp_path, Incomplete)


def test_file_in_two_folders(tmp_path):
    path = make_zip(tmp_path / "a.zip", [("old/traps.py", CODE), ("new/traps.py", CODE)])
    message = refused(path, tmp_path, Incomplete)
    assert message.startswith("traps.py is there 2 times (old/traps.py and new/traps.py)")


def test_the_one_at_the_top_wins_over_copies(tmp_path):
    path = make_zip(tmp_path / "a.zip", [("old/traps.py", b"old"), ("traps.py", CODE)])
    files, notes = grab(path, tmp_path)
    assert files == {"traps.py": CODE}
    assert "old/traps.py was not used" in notes[0]


# What cannot be read


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "a.zip is empty (0 bytes)"),
        (b"hello", "a.zip is not a zip"),
        (b"Rar!\x1a\x07\x00", "a.zip is a RAR archive, not a zip"),
        (b"7z\xbc\xaf\x27\x1c", "a.zip is a 7z archive, not a zip"),
        (b"\x1f\x8b\x08", "a.zip is a gzip file, not a zip"),
        (b"%PDF-1.7", "a.zip is a PDF, not a zip"),
        (b"PK\x03\x04" + bytes(40), "a.zip is a damaged or incomplete zip"),
    ],
)
def test_not_a_zip(tmp_path, data, said):
    (tmp_path / "a.zip").write_bytes(data)
    assert refused(tmp_path / "a.zip", tmp_path).startswith(said)


def test_another_archive_is_not_passed_over(tmp_path):
    (tmp_path / "a.rar").write_bytes(b"Rar!\x1a\x07\x00")
    assert "a.rar is a RAR archive, not a zip" in refused(tmp_path / "a.rar", tmp_path)


def test_truncated_zip(tmp_path):
    whole = make_zip(tmp_path / "a.zip", [("traps.py", CODE * 100)]).read_bytes()
    for size in range(4, len(whole), 37):
        (tmp_path / "a.zip").write_bytes(whole[:size])
        assert "damaged or incomplete" in refused(tmp_path / "a.zip", tmp_path)


def test_every_damaged_byte_is_told_or_harmless(tmp_path):
    path = tmp_path / "a.zip"
    whole = make_zip(path, [("traps.py", CODE)], compression=zipfile.ZIP_DEFLATED).read_bytes()
    for place in range(len(whole)):
        data = bytearray(whole)
        data[place] ^= 0xFF
        path.write_bytes(data)
        (source,) = find_sources([path], ASSIGNMENT).sources
        into = tmp_path / f"taken{place}"
        try:
            take(source, ASSIGNMENT, into)
        except (Unreadable, Incomplete) as problem:
            assert "\n" not in str(problem)  # noqa: PT017  many offsets, one test
        else:
            assert (into / "traps.py").read_bytes() == CODE


@pytest.mark.parametrize(
    "name", ["/etc/traps.py", "../traps.py", "a/../../traps.py", "C:\\traps.py", "..\\traps.py"]
)
def test_names_that_lead_out(tmp_path, name):
    path = make_zip(tmp_path / "a.zip", [("traps.py", CODE), (name, CODE)])
    assert "outside its folder" in refused(path, tmp_path)
    assert not (tmp_path / "traps.py").exists()


def test_nul_in_a_name(tmp_path):
    path = make_zip(tmp_path / "a.zip", [("traps.py~evil", CODE)])
    path.write_bytes(path.read_bytes().replace(b"traps.py~evil", b"traps.py\0evil"))
    assert "outside its folder" in refused(path, tmp_path)


@pytest.mark.parametrize("target", ["traps.py", "other"])
def test_link_in_a_zip(tmp_path, target):
    path = make_zip(
        tmp_path / "a.zip",
        [("traps.py", CODE)] * (target != "traps.py") + [entry(target, stat.S_IFLNK | 0o777)],
    )
    assert refused(path, tmp_path) == f"{target} in the zip is a link; hand in the file itself."


def test_device_in_a_zip(tmp_path):
    path = make_zip(tmp_path / "a.zip", [entry("traps.py", stat.S_IFCHR | 0o666)])
    assert "is no regular file" in refused(path, tmp_path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_duplicate_in_a_zip(tmp_path):
    path = make_zip(tmp_path / "a.zip", [("traps.py", CODE), ("traps.py", b"other")])
    assert refused(path, tmp_path) == "The zip holds traps.py twice; make it again with one."


def test_encrypted_zip(tmp_path):
    path = make_zip(tmp_path / "a.zip", [("traps.py", CODE)])
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    path.write_bytes(data)
    message = refused(path, tmp_path)
    assert message == "traps.py is encrypted; hand in the zip without a password."


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_compression(tmp_path, method):
    path = make_zip(tmp_path / "a.zip", [("traps.py", CODE)], compression=method)
    assert "packed in an unusual way" in refused(path, tmp_path)


def test_zip_bomb(tmp_path):
    path = make_zip(
        tmp_path / "a.zip",
        [("traps.py", CODE), ("zeros", bytes(8 << 20))],
        compression=zipfile.ZIP_DEFLATED,
    )
    assert path.stat().st_size < 1 << 16
    assert refused(path, tmp_path).startswith("The zip would unpack to 8 MB")


def test_zip_bomb_that_lies_about_its_size(tmp_path):
    path = make_zip(
        tmp_path / "a.zip", [("traps.py", bytes(8 << 20))], compression=zipfile.ZIP_DEFLATED
    )
    data = path.read_bytes().replace(struct.pack("<I", 8 << 20), struct.pack("<I", 100))
    path.write_bytes(data)
    refused(path, tmp_path)


def test_one_large_file_in_a_zip(tmp_path):
    path = make_zip(tmp_path / "a.zip", [("traps.py", os.urandom(listing.MAX_FILE + 1))])
    assert refused(path, tmp_path) == "traps.py is larger than 1 MB, the most allowed."


def test_too_many_entries(tmp_path):
    path = make_zip(tmp_path / "a.zip", [(f"f{n}", b"") for n in range(listing.MAX_ENTRIES + 1)])
    assert "holds 2,001 files, more than 2,000" in refused(path, tmp_path)


def test_two_gigabytes(tmp_path):
    path = tmp_path / "a.zip"
    with path.open("wb") as file:
        file.truncate(2 << 30)  # sparse: takes no room
    assert refused(path, tmp_path).startswith("a.zip has 2.0 GB; a submission may have 16 MB")
    os.rename(path, tmp_path / "a.py")
    assert refused(tmp_path / "a.py", tmp_path).startswith("a.py has 2.0 GB")


# Folders


@pytest.mark.parametrize("name", ["traps.py", "extra"])
def test_link_in_a_folder(folder, tmp_path, name):
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to("/etc/passwd")
    assert refused(folder, tmp_path) == f"{name} is a link; hand in the file itself."


def test_link_to_a_folder_in_a_folder(folder, tmp_path):
    (folder / "more").symlink_to("/", target_is_directory=True)
    assert "more is a link" in refused(folder, tmp_path)


def test_pipe_in_a_folder(folder, tmp_path):
    (folder / "traps.py").unlink()
    os.mkfifo(folder / "traps.py")
    assert refused(folder, tmp_path) == "traps.py is a pipe; hand in the file itself."


def test_socket_in_a_folder(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(folder)  # a socket's path is short by law
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("sock")
    assert refused(folder, tmp_path) == "sock is a socket; hand in the file itself."


def test_pipe_exchanged_for_the_file_after_listing(folder, tmp_path):
    (found,) = list_folder(folder)
    (folder / "traps.py").unlink()
    os.mkfifo(folder / "traps.py")
    with pytest.raises(Unreadable, match="no regular file"):
        found.read()
    (folder / "traps.py").unlink()
    (folder / "traps.py").symlink_to("/etc/passwd")
    with pytest.raises(Unreadable, match=r"traps\.py cannot be read"):
        found.read()


def test_endless_folder(folder, tmp_path):
    for number in range(listing.MAX_ENTRIES + 1):
        (folder / f"f{number}").touch()
    assert "more than 2,000 files" in refused(folder, tmp_path)


def test_large_file_in_a_folder(folder, tmp_path):
    with (folder / "traps.py").open("wb") as file:
        file.truncate(3 << 20)
    assert refused(folder, tmp_path) == "traps.py has 3 MB; a file may have 1 MB."


def test_name_that_is_not_utf8(tmp_path):
    path = os.path.join(os.fsencode(tmp_path), b"caf\xe9.zip")
    with open(path, "wb") as file:
        file.write(b"nothing")
    (source,) = find_sources([tmp_path], ASSIGNMENT).sources
    assert source.name == "caf_"
    with pytest.raises(Unreadable, match=r"caf�\.zip is not a zip"):
        take(source, ASSIGNMENT, tmp_path / "taken")


def test_messages_name_a_size_for_people():
    assert re.fullmatch(r"2\.0 GB", listing.megabytes(2 << 30))
    assert listing.megabytes(17 << 20) == "17 MB"
    assert listing.megabytes(10) == "1 KB"
