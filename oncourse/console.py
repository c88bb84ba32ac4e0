"""How the command line speaks: tables that fit the terminal to stdout, progress and errors to stderr, or JSON."""

import re
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from pydantic import BaseModel
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

_CONTROL = dict.fromkeys((*range(9), *range(11, 32), 127, *range(128, 160)), "�")
"""Control characters of other people's texts are shown as a mark, never sent to the terminal."""
out = Console(highlight=False, soft_wrap=False)
err = Console(stderr=True, highlight=False)


_WHOLE = {"when (UTC)": 10, "plan": 8, "step": 8, "id": 8, "status": 9, "code": 5, "digest to quote": 16}
"""Columns that people copy from or scan: never broken, whatever the width."""


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> None:
    """Print a table; cells are plain text, never markup."""
    drawn = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False, expand=False)
    for name in columns:
        drawn.add_column(name, overflow="fold", no_wrap=name in _WHOLE, min_width=_WHOLE.get(name))
    for row in rows:
        drawn.add_row(*(Text("" if cell is None else str(cell).translate(_CONTROL)) for cell in row))
    out.print(drawn)


def say(line: str) -> None:
    """Print one line as it is."""
    out.print(Text(line.translate(_CONTROL)), soft_wrap=True)


def indented(head: str, text: str) -> None:
    """Print a text after a head, wrapped to the terminal with every line under the first."""
    lines = textwrap.wrap(text, width=max(out.width - len(head), 30), break_on_hyphens=False) or [""]
    for index, line in enumerate(lines):
        say((head if index == 0 else " " * len(head)) + line)


def as_json(value: Any) -> None:
    """Print a value as one JSON document."""
    plain = [_plain(item) for item in value] if isinstance(value, list | tuple) else _plain(value)
    sys.stdout.write(orjson.dumps(plain, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode() + "\n")


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value


def under(first: str, second: str | None) -> str:
    """Return a cell of two lines, the second under the first, where there is one."""
    return f"{first}\n{second}" if second else first


def count(number: int, what: str, many: str = "") -> str:
    """Return so many of something in words, as `1 tenant` or `2 tenants`; `many` where that is no mere s."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {many or what + 's'}"


def short(identifier: object) -> str:
    """Return the first eight characters of an id: enough to name it."""
    return str(identifier)[:8]


def without_password(url: str) -> str:
    """Return a database's URL as it may be shown."""
    bare = re.sub(r"(://[^:/@]*):.*@", r"\1@", url)
    return re.sub(r"([?&]password=)[^&]*", r"\1...", bare)
