"""Draws the icons with which the pupil page is installed, from the mark; run by hand when the mark changes.

Android and iOS want pixels, and Android a square that it may cut into its own shape: the mark is smaller there.
"""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

STATIC = Path(__file__).resolve().parent.parent / "appliance" / "web" / "static"
CHROMIUM = "/usr/bin/chromium"
GROUND = "#0a6a6c"  # the mark's own
# name -> pixels, and which part of the square the mark takes (1: with its own rounded corners)
ICONS = {"icon-192": (192, 1.0), "icon-512": (512, 1.0), "icon-mask-512": (512, 0.7), "icon-touch-180": (180, 0.84)}


def page_of(mark: str, pixels: int, share: float) -> str:
    ground = "transparent" if share == 1.0 else GROUND
    return (
        f"<body style='margin:0;background:{ground};display:grid;place-items:center;height:{pixels}px'>"
        f"<div style='width:{pixels * share}px;height:{pixels * share}px'>{mark}</div>"
    )


def main() -> int:
    mark = (STATIC / "mark.svg").read_text(encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, (pixels, share) in ICONS.items():
            page = browser.new_page(viewport={"width": pixels, "height": pixels})
            page.set_content(page_of(mark, pixels, share))
            page.screenshot(path=STATIC / "icons" / f"{name}.png", omit_background=True)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
