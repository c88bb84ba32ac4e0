"""Pages over the door of the API's tests: a person in a browser that runs no script."""

from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from tests.oncourse.pages.browsing import chromium, served
from tests.oncourse.web.conftest import door, draft

__all__ = ["Browser", "Form", "browser", "chromium", "door", "draft"]
_VOID = frozenset({"input", "br", "hr", "img", "link", "meta"})


class Form(NamedTuple):
    """A form of a page, with what it would send as it stands."""

    action: str
    fields: dict[str, list[str]]
    buttons: dict[str, str]
    """Where each button sends it, by its words."""


class Reader(HTMLParser):
    """Reads the forms, links and words of a page."""

    def __init__(self, text):
        super().__init__()
        self.forms, self.links, self.words, self.within, self.ids = [], [], [], [], {}
        self.select = self.area = self.button = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag not in _VOID:
            self.within.append(tag)
        if tag == "form":
            self.forms.append(Form(attrs.get("action", ""), {}, {}))
            self.ids[attrs.get("id")] = self.forms[-1]
        elif tag == "a" and "href" in attrs:
            self.links.append(attrs["href"])
        form = self.ids.get(attrs["form"]) if "form" in attrs else self.form
        if form is None:
            return
        if tag == "input" and "name" in attrs:
            chosen = attrs.get("type") not in {"checkbox", "radio"} or "checked" in attrs
            if chosen:
                form.fields.setdefault(attrs["name"], []).append(attrs.get("value", "on"))
        elif tag == "textarea":
            self.area = (form, attrs["name"], [])
        elif tag == "select":
            form.fields.setdefault(attrs["name"], [])
        elif tag == "button" and "disabled" not in attrs:
            self.button = (form, attrs.get("formaction", form.action), [])

    def handle_endtag(self, tag):
        if tag == "textarea" and self.area:
            form, name, told = self.area
            form.fields.setdefault(name, []).append("".join(told).removeprefix("\n"))
            self.area = None
        if tag == "button" and self.button:
            form, action, told = self.button
            form.buttons[" ".join("".join(told).split())] = action
            self.button = None
        while self.within and self.within.pop() != tag:
            pass

    def handle_data(self, data):
        if self.area:
            self.area[2].append(data)
        elif self.button:
            self.button[2].append(data)
        self.words.append(data)

    @property
    def form(self):
        return self.forms[-1] if "form" in self.within else None

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


class Browser:
    """A person in front of pages."""

    def __init__(self, client):
        self.client, self.answer = client, None

    def open(self, path, *, status=200):
        return self._see(self.client.get(path), status)

    def press(self, words, *, status=200, where="", **typed):
        """Press the button that begins with these words, after typing into its form."""
        found = [
            (form, action)
            for form in self.page.forms
            for told, action in form.buttons.items()
            if told.startswith(words) and where in action
        ]
        assert found, (words, [form.buttons for form in self.page.forms])
        form, action = found[0]
        fields = form.fields | {name.replace("__", "-"): value for name, value in typed.items()}
        return self._see(self.client.post(action, data=fields), status)

    def _see(self, answer, status):
        assert answer.status_code == status, (answer.status_code, answer.headers.get("location"), answer.text[:2000])
        assert answer.headers["content-type"].startswith("text/html"), answer.headers
        self.answer, self.page = answer, Reader(answer.text)
        self.at = urlsplit(str(answer.url))
        return self.page


@pytest.fixture
def browser(door):
    """Return a person's browser by name."""
    return lambda name="otto": Browser(door.of(name))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A served tenant that tests only look at."""
    with served(tmp_path_factory.mktemp("site")) as found:
        yield found


@pytest.fixture
def own_site(tmp_path):
    """A served tenant of the test's own."""
    with served(tmp_path) as found:
        yield found
