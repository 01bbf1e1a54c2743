"""Photograph the running demo for the documentation, page by page, as somebody who is signed in sees it."""

import argparse
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Error, sync_playwright

FOLDER = Path(__file__).resolve().parent.parent / "docs/images"
DESK, PHONE = (1440, 900), (390, 844)


@dataclass(frozen=True)
class Picture:
    """One page as one of the demo's people sees it."""

    name: str
    path: str
    person: str = "dispatcher"
    size: tuple[int, int] = DESK
    theme: str = "light"


PICTURES = (
    Picture("sign-in", "/sign-in/", person=""),
    Picture("home", "/"),
    Picture("home-phone", "/", person="head", size=PHONE),
    Picture("network", "/network/"),
    Picture("network-dark", "/network/", theme="dark"),
    Picture("outages", "/outages/"),
    Picture("reliability", "/reliability/", person="manager"),
    Picture("hotline", "/hotline/why/?month=2026-07", person="manager"),
    Picture("hotline-live", "/hotline/live/", person="leader"),
    Picture("hotline-live-phone", "/hotline/live/", person="leader", size=PHONE),
    Picture("roster", "/staffing/plan/", person="leader"),
)


def take(browser: Browser, address: str, picture: Picture, *, language: str) -> None:
    """Sign in, go there, wait until the page has come to rest, press the shutter."""
    width, height = picture.size
    context = browser.new_context(viewport={"width": width, "height": height}, locale=language)
    context.add_cookies([{"name": "dh_theme", "value": picture.theme, "url": address}])
    page = context.new_page()
    page.goto(f"{address}/sign-in/")
    if picture.person:
        page.click(f"button[name=username][value={picture.person}]")
    page.goto(address + picture.path)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{picture.name}.png")
    context.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", nargs="?", default="http://localhost:8000")
    parser.add_argument("--language", default="zh-CN")
    parser.add_argument("--only", action="append", choices=[picture.name for picture in PICTURES])
    args = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    program = os.environ.get("DENGHUO_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    flags = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        for picture in PICTURES:
            if args.only and picture.name not in args.only:
                continue
            try:
                take(browser, args.address.rstrip("/"), picture, language=args.language)
                print(f"{picture.name}.png")
            except Error as error:
                print(f"{picture.name}: {error.message.splitlines()[0]}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
