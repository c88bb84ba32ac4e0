"""Pictures of every page: `python -m tests.oncourse.pages.screenshots FOLDER`; light, dark and on a phone.

With `--readme` the few of docs/pictures are drawn anew.
"""

import re
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.oncourse.pages.browsing import CHROMIUM, DESK, PHONE, at_a_desk, served
from tests.oncourse.pages.test_every_page import addresses

KINDS = (("light", DESK, "light"), ("dark", DESK, "dark"), ("phone", PHONE, "light"))


def main(folder: Path) -> None:
    """Draw each page of a tenant with something in every state."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory, served(Path(directory)) as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        names = {site.door.house.plan_of(name): name for name in ("northwind", "vela", "dune", "lumen", "kestrel")}
        for kind, size, scheme in KINDS:
            with at_a_desk(browser, site, size=size, scheme=scheme) as desk:
                for path in addresses(site):
                    told = re.sub("|".join(names), lambda found: names[found[0]], path)
                    name = re.sub(r"[^a-z]+", "-", re.sub(r"step=.*", "text", told)).strip("-") or "home"
                    desk.open(path).screenshot(path=folder / f"{name}-{kind}.png")
                    print(f"{name}-{kind}.png", flush=True)
        browser.close()


def readme(folder: Path) -> None:
    """Draw the few that the README shows, small."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory, served(Path(directory)) as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        house = site.door.house
        shown = (
            ("plans", "otto", "/plans", "light"),
            ("review", "sara", f"/review/{house.plan_of('northwind')}", "light"),
            ("plan", "otto", f"/plans/{house.plan_of('vela')}", "dark"),
        )
        for name, who, path, scheme in shown:
            with at_a_desk(browser, site, who, scheme=scheme) as desk:
                desk.open(path).screenshot(path=folder / f"{name}.jpg", type="jpeg", quality=72)
        browser.close()


if __name__ == "__main__":
    if sys.argv[1:] == ["--readme"]:
        readme(Path("docs/pictures"))
    else:
        main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/screenshots"))
