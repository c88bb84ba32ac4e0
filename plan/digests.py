"""Canonical bytes, digests, and salted commitments for private text.

Canonical bytes are sorted compact JSON. They equal RFC 8785 because digested values hold no floats, only printable
ASCII keys and integers below 2**53; anything else is refused here.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import orjson
from pydantic import BaseModel

from plan.errors import PlanError
from plan.scalars import INT_BOUND

REF_PREFIX = "ref:sha256:"
ERASED = "[erased]"
ALTERED = "[altered]"
"""What a text reads that no longer is what its commitment says."""
MAX_DEPTH = 32
"""Deeper nesting than any value of ours; what comes from outside may not exhaust the stack."""

_FORM = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
_ESCAPED_NUL = b"\\u0000"
_LEAVES = frozenset({str, int, bool, type(None)})


class Blob(NamedTuple):
    """A private text with its salt, as kept in the deletable blob table."""

    ref: str
    nonce: bytes
    content: str


def canonical(value: BaseModel | Mapping[str, Any] | list[Any]) -> bytes:
    """Return the canonical JSON bytes of a value; raise PlanError where it could not be canonical."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    found = _put(plain) if _is_plain(plain) else None
    if found is None:
        check_plain(plain)
        return orjson.dumps(plain, option=_FORM)
    return found


def canonical_known(
    plain: dict[str, Any], unbound: Collection[str], told: Mapping[str, object] | None = None, *, depth: int
) -> bytes:
    """Return the canonical bytes of a value's fields, of which only the `unbound` ones may hold what is not canonical.

    `told` are further fields, in bytes already; the value stands so deep in another one. Raises PlanError.
    """
    checked = all(_is_plain(plain[name], depth + 1) for name in unbound if name in plain)
    whole = {**plain, **told} if told else plain
    found = _put(whole) if checked else None
    if found is None:
        check_plain(plain, depth=depth)
        return orjson.dumps(whole, option=_FORM)
    return found


def _put(plain: object) -> bytes | None:
    """Return the bytes of plain JSON; None where a text or a number in it is not canonical."""
    try:
        data = orjson.dumps(plain, option=_FORM)
    except orjson.JSONEncodeError:
        return None
    return None if _ESCAPED_NUL in data else data


def digest(value: BaseModel | Mapping[str, Any] | list[Any]) -> str:
    """Return `sha256:` and the hex digest of the canonical bytes."""
    return digest_bytes(canonical(value))


def digest_bytes(data: bytes) -> str:
    """Return `sha256:` and the hex digest of the bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _is_plain(value: Any, depth: int = 0) -> bool:
    """Tell quickly whether kinds, keys and depth are right; orjson sees to integers and surrogates."""
    kind = type(value)
    if kind is dict:
        try:
            keys = "".join(value)
        except TypeError:
            return False
        if not _printable(keys):
            return False
        within = value.values()
    elif kind is list or kind is tuple:
        within = value
    else:
        return kind in _LEAVES
    if depth >= MAX_DEPTH and value:
        return False
    for item in within:  # noqa: SIM110 - all(...) takes twice as long, and all that is digested passes here
        if type(item) not in _LEAVES and not _is_plain(item, depth + 1):
            return False
    return True


def _printable(text: str) -> bool:
    return text.isascii() and text.isprintable()


def check_plain(value: Any, where: str = "value", depth: int = 0) -> None:
    """Raise PlanError for what has no one canonical form.

    That is a float, a big integer, a key outside printable ASCII, a text with U+0000 or a lone surrogate, and nesting
    beyond MAX_DEPTH.
    """
    if depth > MAX_DEPTH:
        raise PlanError(f"{where[:80]}... is nested more than {MAX_DEPTH} deep; flatten it")
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        _check_text(value, where)
    elif isinstance(value, int):
        if abs(value) >= INT_BOUND:
            raise PlanError(f"{where} is {value}, which is not below 2**53; send it as text")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str) or not (key.isascii() and key.isprintable()):
                raise PlanError(f"{where} has the key {key!r}; keys are printable ASCII text")
            check_plain(item, f"{where}.{key}", depth + 1)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            check_plain(item, f"{where}[{index}]", depth + 1)
    else:
        raise PlanError(f"{where} is a {type(value).__name__}; use whole numbers (minor units, basis points) or text")


def _check_text(value: str, where: str) -> None:
    if "\x00" in value:
        raise PlanError(f"{where} holds U+0000; remove it")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise PlanError(f"{where} holds a lone surrogate; send valid UTF-8") from error


def commitment(nonce: bytes, content: str) -> str:
    """Return the salted commitment `ref:sha256:...` of a private text; without the nonce it cannot be guessed."""
    return REF_PREFIX + hashlib.sha256(nonce + content.encode()).hexdigest()


class Sealer:
    """Turns private texts into commitments and remembers the blobs it made.

    A text that `known` already holds keeps its commitment, so an unchanged text never changes a digest.
    """

    def __init__(self, salt: Callable[[], bytes], known: Mapping[str, str] | None = None) -> None:
        """Take a source of 32 random bytes and the known texts with their references."""
        self._salt = salt
        self._refs: dict[str, str] = dict(known or {})
        self.blobs: list[Blob] = []

    def seal(self, content: str) -> str:
        """Return the reference for a text, making a blob when the text is new."""
        if content not in self._refs:
            nonce = self._salt()
            ref = commitment(nonce, content)
            self._refs[content] = ref
            self.blobs.append(Blob(ref, nonce, content))
        return self._refs[content]


def reveal(value: Any, contents: Mapping[str, str]) -> Any:
    """Replace every reference in plain JSON by its text; an erased one reads `[erased]`."""
    if isinstance(value, str):
        return contents.get(value, ERASED) if value.startswith(REF_PREFIX) else value
    if isinstance(value, Mapping):
        return {key: reveal(item, contents) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [reveal(item, contents) for item in value]
    return value


def references(value: Any) -> set[str]:
    """Return every reference that stands in plain JSON."""
    if isinstance(value, str):
        return {value} if value.startswith(REF_PREFIX) else set()
    if isinstance(value, Mapping):
        return set().union(*(references(item) for item in value.values()))
    if isinstance(value, list | tuple):
        return set().union(*(references(item) for item in value))
    return set()
