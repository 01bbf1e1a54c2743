"""A clerk imports a file in a real browser, through a real server and the process that works on it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.main.import_files import put, text, workbook
from tests.world import PASSWORD

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 120
PATIENCE_MS = 60_000


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/health/", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("site") / "home"


@pytest.fixture(scope="module")
def site(home: Path) -> Iterator[str]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    env = {key: value for key, value in os.environ.items() if not key.startswith(("DENGHUO_", "DATABASE_"))}
    env |= {"DENGHUO_HOME": str(home), "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "tests.flows.import_site", str(port)]
    server = subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + PATIENCE_S
    while not answers(address):
        assert server.poll() is None, "the server ended"
        assert time.monotonic() < deadline, "the server does not answer"
        time.sleep(0.1)
    yield address
    server.terminate()
    server.wait()


@pytest.fixture
def clerk(page: Page, site: str) -> Page:
    """The administrator, signed in, on the import page."""
    page.goto(f"{site}/sign-in/?next=/import/")
    page.fill("input[name=username]", "gu")
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit], form button.dh-btn--primary")
    expect(page.get_by_role("heading", level=1)).to_have_text("导入")
    return page


def give(clerk: Page, path: Path) -> None:
    clerk.set_input_files("input[type=file]", str(path))
    expect(clerk.locator("[data-im-names]")).to_have_text(path.name)
    clerk.get_by_role("button", name="看看会改动什么").click()


def test_from_the_file_to_the_network(tmp_path: Path, clerk: Page) -> None:
    heard: list[str] = []
    clerk.on("console", lambda said: heard.append(said.text) if said.type in {"error", "warning"} else None)
    give(clerk, workbook(tmp_path, lambda book: put(book, "Loads", "T2", "LV customers", 15), name="新台账.xlsx"))
    expect(clerk.get_by_role("heading", name="将改动什么")).to_be_visible(timeout=PATIENCE_MS)
    expect(clerk.get_by_role("row", name="用户")).to_contain_text("T2")
    assert Axe().run(clerk).violations_count == 0
    clerk.get_by_role("button", name="确认导入").click()
    expect(clerk.get_by_text("导入完成：新增、更改或退役共 1 行。")).to_be_visible(timeout=PATIENCE_MS)
    clerk.get_by_role("link", name="再导入一个文件").click()
    expect(clerk.get_by_role("row", name="新台账.xlsx")).to_contain_text("顾一鸣")
    assert heard == []


def test_a_bad_file_on_a_phone(tmp_path: Path, clerk: Page) -> None:
    clerk.set_viewport_size({"width": 390, "height": 844})
    give(clerk, workbook(tmp_path, lambda book: put(book, "Loads", "T2", "LV customers", "many")))
    expect(clerk.get_by_text("没有导入任何数据。请在文件中改正")).to_be_visible(timeout=PATIENCE_MS)
    assert clerk.evaluate("document.documentElement.scrollWidth") <= 390
    with clerk.expect_download() as download:
        clerk.get_by_role("link", name="下载已标出错误的文件").click()
    assert download.value.suggested_filename == "station（错误已标出）.xlsx"


def test_what_is_too_large_is_said_before_it_is_sent(tmp_path: Path, clerk: Page) -> None:
    with (tmp_path / "large.csv").open("wb") as stream:
        stream.truncate(60_000_000)
    clerk.set_input_files("input[type=file]", str(tmp_path / "large.csv"))
    expect(clerk.get_by_text("超过 50 MB。请打包成 zip")).to_be_visible()
    expect(clerk.get_by_role("button", name="看看会改动什么")).to_be_disabled()


def test_a_process_that_is_killed_is_told_and_can_be_tried_again(tmp_path: Path, clerk: Page, home: Path) -> None:
    header, row = "device,operation,time\n", "QL2,open,2026-05-03 08:00\n"
    give(clerk, text(tmp_path, "log.csv", header + row * 400_000))  # long enough to be met alive
    clerk.wait_for_url(re.compile(r"/import/[0-9a-f]{32}/$"))
    job_id = clerk.url.rstrip("/").rpartition("/")[2]
    os.kill(worker_on(job_id), signal.SIGKILL)
    expect(clerk.get_by_text("导入被中断，数据没有任何改动。")).to_be_visible(timeout=PATIENCE_MS)
    (home / "media/imports" / job_id / "upload/log.csv").write_text(header + row, encoding="utf-8")
    clerk.get_by_role("button", name="重新检查").click()
    expect(clerk.get_by_role("heading", name="将改动什么")).to_be_visible(timeout=PATIENCE_MS)


def worker_on(job_id: str) -> int:
    """The process that works on an import."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # some end while one looks
            words = (process / "cmdline").read_bytes().decode().split("\0")
            if "--job" in words and words[words.index("--job") + 1].endswith(job_id):
                return int(process.name)
    raise AssertionError(f"nobody works on {job_id}")
