"""The fence around untrusted text: it enters a prompt only as bounded JSON strings inside a named block."""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

TEXT_LIMIT = 600
"""Characters of one string; what is longer is cut, visibly."""
_CUT = " [cut]"
_HIDDEN = frozenset({"Cf", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that a reader does not see: direction marks, tags, private use, line separators."""


def fence(name: str, value: Any) -> str:
    """Return a block that says what it holds; nothing inside can close it."""
    return f'<data name="{name}">\n{encode(value)}\n</data>'


def fence_within(name: str, rows: Sequence[Any], most: int) -> str:
    """Return a block of so many bytes at most; what is too much is left out from the end."""
    told = fence(name, list(rows))
    while len(told.encode()) > most and rows:
        rows = rows[:-1]
        told = fence(name, list(rows))
    return told


def encode(value: Any) -> str:
    """Return JSON with one line for each entry, in which markup and invisible characters are escaped."""
    text = _lines(_bounded(value))
    return "".join(_escaped(char) for char in text)


def _lines(value: Any) -> str:
    if isinstance(value, dict):
        inner = ",\n".join(f"{json.dumps(key)}: {_rows(item)}" for key, item in value.items())
        return f"{{\n{inner}\n}}"
    return _rows(value)


def _rows(value: Any) -> str:
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(json.dumps(item, ensure_ascii=False) for item in value) + "\n]"
    return json.dumps(value, ensure_ascii=False)


def _bounded(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= TEXT_LIMIT else value[: TEXT_LIMIT - len(_CUT)] + _CUT
    if isinstance(value, Mapping):
        return {str(key): _bounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_bounded(item) for item in value]
    return value


def _escaped(char: str) -> str:
    if char in "<>&":
        return f"\\u{ord(char):04x}"
    if not char.isascii() and unicodedata.category(char) in _HIDDEN:
        return json.dumps(char)[1:-1]
    return char
