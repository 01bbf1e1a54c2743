"""One door: what a file is, is seen from what it holds, and what it is not, is said in a sentence."""

import gzip
import io
import os
import random
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from denghuo.adapters.models import ModelError, Problem, ProblemCode, read_model
from denghuo.adapters.tables import write_network_workbook
from tests.adapters.cim_town import small_town
from tests.adapters.pandapower_tables import SIMBENCH, TABLES, as_json, write

IEEE123 = Path(__file__).parent / "data" / "ieee123"
MASTER = IEEE123 / "123Bus" / "IEEE123Master.dss"


def zipped(folder: Path, path: Path) -> Path:
    return Path(shutil.make_archive(str(path.with_suffix("")), "zip", folder))


def code_of(path: Path) -> ProblemCode:
    with pytest.raises(ModelError) as caught:
        read_model(path)
    assert all(problem.detail.endswith(".") for problem in caught.value.problems), caught.value
    return caught.value.problems[0].code


# --- every format through the same door


def test_an_opendss_master_its_folder_and_archives_of_it(tmp_path):
    archive = tmp_path / "model.tar.gz"
    with tarfile.open(archive, "w:gz") as stream:
        stream.add(IEEE123, "model")

    for path in (MASTER, IEEE123, zipped(IEEE123, tmp_path / "model.zip"), archive):
        assert len(read_model(path).loads.id) == 91, path


def test_a_script_is_known_by_its_circuit_whatever_its_name(tmp_path):
    path = tmp_path / "feeder.txt"
    path.write_text("new object=circuit.c bus1=a basekv=10\nnew line.l bus1=a bus2=b length=1\n", encoding="utf-8")

    assert read_model(path).branches.id.tolist() == ["l"]


def test_cim_plain_gzipped_zipped_and_in_a_folder(tmp_path):
    text = small_town().text()
    (tmp_path / "folder").mkdir()
    paths = [tmp_path / "town.xml", tmp_path / "town.gz", tmp_path / "folder" / "town.xml"]
    paths[0].write_text(text, encoding="utf-8")
    paths[1].write_bytes(gzip.compress(text.encode()))
    paths[2].write_text(text, encoding="utf-8")
    paths += [zipped(tmp_path / "folder", tmp_path / "town.zip"), tmp_path / "folder"]

    for path in paths:
        assert len(read_model(path).switches.branch) == 2, path


def test_pandapower_and_simbench(tmp_path):
    for name, tables in (("pandapower", TABLES), ("simbench", SIMBENCH)):
        (tmp_path / name).mkdir()
        write(tmp_path / name, tables)
    saved = tmp_path / "net.json"
    saved.write_text(as_json(TABLES), encoding="utf-8")

    assert len(read_model(tmp_path / "pandapower").switches.branch) == 6
    assert len(read_model(saved).switches.branch) == 6
    assert len(read_model(tmp_path / "simbench").switches.branch) == 1
    assert code_of(tmp_path) is ProblemCode.CHOICE_NEEDED


def test_a_workbook_of_ours(tmp_path):
    grid = read_model(IEEE123 / "123Bus" / "IEEE123Switches.dss")
    path = tmp_path / "network.xlsx"
    write_network_workbook(grid, path)

    again = read_model(path)

    assert again.branches.id.tolist() == grid.branches.id.tolist()
    assert again.switches.normally_closed.tolist() == grid.switches.normally_closed.tolist()
    np.testing.assert_allclose(again.branches.length_km, grid.branches.length_km)


def test_what_is_wrong_in_a_workbook_keeps_its_place(tmp_path):
    grid = read_model(MASTER)
    path = tmp_path / "network.xlsx"
    write_network_workbook(grid, path)
    from openpyxl import load_workbook

    book = load_workbook(path)
    sheet = book["线路段"]
    heading = next(cell for row in sheet.iter_rows(max_row=5) for cell in row if "长度" in str(cell.value))
    sheet.cell(heading.row + 4, heading.column).value = "很长"
    book.save(path)

    with pytest.raises(ModelError) as caught:
        read_model(path)

    problem = caught.value.problems[0]
    assert (problem.code, problem.file, problem.sheet, problem.row) == (
        ProblemCode.BAD_VALUE,
        "network.xlsx",
        "线路段",
        heading.row + 4,
    )
    assert "长度" in problem.column


# --- everything else is refused in a sentence


def test_what_is_not_there_or_empty(tmp_path):
    empty = tmp_path / "empty.dss"
    empty.write_bytes(b"\n \r\n")
    folder = tmp_path / "folder"
    folder.mkdir()

    assert code_of(tmp_path / "nowhere.xml") is ProblemCode.NOT_FOUND
    assert code_of(empty) is ProblemCode.EMPTY
    assert code_of(folder) is ProblemCode.NOT_RECOGNIZED


@pytest.mark.parametrize("name", ["x.dss", "x.xml", "x.json", "x.xlsx", "x.csv", "x.zip", "x.gz", "x"])
def test_random_bytes_under_any_name(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(random.Random(7).randbytes(300_000))

    assert code_of(path) in (ProblemCode.NOT_RECOGNIZED, ProblemCode.UNREADABLE)


@pytest.mark.parametrize(
    "start", [b"PK\x03\x04", b"\x1f\x8b\x08\x00", b"BZh9", b"\xfd7zXZ\x00", b"<?xml ", b"{", b"\xd0\xcf\x11\xe0"]
)
def test_random_bytes_that_begin_like_something(tmp_path, start):
    path = tmp_path / "rubbish"
    path.write_bytes(start + random.Random(7).randbytes(300_000))

    assert code_of(path) in (
        ProblemCode.NOT_RECOGNIZED,
        ProblemCode.UNREADABLE,
        ProblemCode.CUT_OFF,
        ProblemCode.REFUSED,
    )


def test_archives_cut_off_anywhere(tmp_path):
    whole = zipped(IEEE123, tmp_path / "model.zip").read_bytes()
    for share in (0.05, 0.5, 0.95):
        path = tmp_path / "cut.zip"
        path.write_bytes(whole[: int(len(whole) * share)])
        assert code_of(path) in (ProblemCode.CUT_OFF, ProblemCode.NOT_RECOGNIZED)


def test_nothing_in_an_archive_gets_out_of_its_folder(tmp_path):
    outside = tmp_path / "outside.dss"
    outside.write_text("New Line.secret bus1=a bus2=b length=1\n", encoding="utf-8")
    path = tmp_path / "model.tar"
    with tarfile.open(path, "w") as stream:
        text = (
            f"New Circuit.c bus1=a\nNew Line.l bus1=a bus2=b length=1\nRedirect {outside}\nRedirect link.dss\n".encode()
        )
        member = tarfile.TarInfo("master.dss")
        member.size = len(text)
        stream.addfile(member, io.BytesIO(text))
        climbing = tarfile.TarInfo("../climbed.dss")
        climbing.size = len(text)
        stream.addfile(climbing, io.BytesIO(text))
        link = tarfile.TarInfo("link.dss")
        link.type, link.linkname = tarfile.SYMTYPE, str(outside)
        stream.addfile(link)
    notes: list[Problem] = []

    grid = read_model(path, notes=notes)

    assert grid.branches.id.tolist() == ["l"]
    assert sorted(note.code for note in notes) == [ProblemCode.MISSING_FILE, ProblemCode.REFUSED]
    assert not (tmp_path / "climbed.dss").exists()


def test_an_uploaded_script_reads_nothing_outside_its_folder(tmp_path):
    (tmp_path / "secret.txt").write_text("password,hunter2,x\n", encoding="utf-8")
    inside = tmp_path / "upload"
    inside.mkdir()
    path = inside / "master.dss"
    text = f"New Circuit.c bus1=a\nNew Line.l bus1=a bus2=b length=1\nBusCoords {tmp_path}/secret.txt\n"
    path.write_text(text + "Redirect ../secret.txt\n", encoding="utf-8")
    notes: list[Problem] = []

    for given in (path, inside):
        read_model(given, root=inside, notes=notes)

    assert [note.code for note in notes] == [ProblemCode.REFUSED] * 4
    assert not any("hunter2" in str(note) for note in notes)


def test_an_archive_that_swells_is_refused(tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20_001):
            archive.writestr(f"{number}.dss", "")

    assert code_of(path) is ProblemCode.TOO_LARGE


def test_the_choice_between_two_masters_is_left_to_the_person(tmp_path):
    for name in ("north", "south"):
        text = f"New Circuit.{name} bus1=a\nNew Line.l bus1=a bus2=b length=1\n"
        (tmp_path / f"{name}.dss").write_text(text, encoding="utf-8")

    with pytest.raises(ModelError, match=r"north\.dss, south\.dss"):
        read_model(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux's")
@pytest.mark.parametrize("name", ["huge.dss", "huge.xml", "huge.json", "huge.bin", "huge.csv"])
def test_a_gigabyte_of_rubbish_does_not_fill_the_memory(tmp_path, name):
    path = tmp_path / name
    with path.open("wb") as stream:
        stream.write({".xml": b"<?xml version='1.0'?><rdf:RDF>", ".json": b"{"}.get(path.suffix, b"x"))
        stream.truncate(2**30)
    program = (
        "import sys, resource\n"
        "from denghuo.adapters.models import ModelError, read_model\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n    read_model(sys.argv[1])\n"
        "except ModelError:\n    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )

    assert int(done.stdout) * 1024 < 300 * 2**20


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "loads"),
    [
        ("ieee123_dss.tar.gz", 91),
        ("ieee9500_dss.tar.gz", 1275),
        ("epri_ckt7_dss.tar.gz", 906),
        pytest.param("cemig_PSAU13_dss.tar.gz", 12440, marks=pytest.mark.nightly),
        ("ieee123_cim100.xml.gz", 91),
        ("simbench", 96),
    ],
)
def test_every_reference_network(reference_data, name, loads):
    assert len(read_model(reference_data / "networks" / name).loads.id) == loads
