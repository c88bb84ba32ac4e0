"""Where the recordings lie: one file a case, model and number; what they share stands once, by its digest.

The demo's own four ship with `agent`; all others are `cassettes/<case>/<model>.<k>.json`.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import agent
from agent import Recording, canonical_body, parse_recording
from evals.case_files import HERE
from plan import digest_bytes

FOLDER = HERE / "cassettes"
PARTS = FOLDER / "parts"
SHIPPED = Path(agent.__file__).parent / "cassettes"
AUTHORED = "authored"
_SHARED = ("system", "tools", "output_config")
"""What a request has in common with most others."""
_PART = "@part"
_FILE = re.compile(r"^(?P<model>[a-z0-9][a-z0-9.-]*)\.(?P<k>[1-9][0-9]*)$")


class Cassette(NamedTuple):
    """One recording and its place."""

    path: Path
    case: str
    model: str
    """Who answered, as file names say it: `authored`, or a model."""
    k: int
    recording: Recording

    @property
    def name(self) -> str:
        """Return what it is called in reports: `aurora`, or `aurora (smollm2-135m 2)`."""
        return self.case if (self.model, self.k) == (AUTHORED, 1) else f"{self.case} ({self.model} {self.k})"


def read_cassettes() -> tuple[Cassette, ...]:
    """Return every recording, by case, model and number; a file with another name is refused with ValueError."""
    shipped = [_read(path, path.stem, AUTHORED, 1) for path in SHIPPED.glob("*.json")]
    return tuple(sorted([*shipped, *_own()], key=lambda c: (c.case, c.model, c.k)))


def _own() -> Iterator[Cassette]:
    for path in FOLDER.glob("*/*.json"):
        if path.parent != PARTS:
            told = _FILE.match(path.stem)
            if told is None:
                raise ValueError(f"{path.name} in {path.parent.name} is no recording: a name is MODEL.NUMBER.json")
            yield _read(path, path.parent.name, told["model"], int(told["k"]))


def place_of(case: str, model: str, k: int) -> Path:
    """Return where a recording belongs."""
    shipped = SHIPPED / f"{case}.json"
    return shipped if model == AUTHORED and k == 1 and shipped.exists() else FOLDER / case / f"{model}.{k}.json"


def dump(recording: Recording, target: Path) -> str:
    """Return a file's text, and write the parts that it refers to beside the others; what ships stands whole."""
    if target.parent == SHIPPED:
        return recording.dump()
    slim = recording.model_copy(update={"exchanges": tuple(_slim(e) for e in recording.exchanges)})
    return slim.dump()


def load(text: str) -> Recording:
    """Read a file's text, with its parts in place."""
    told = parse_recording(text)
    return told.model_copy(update={"exchanges": tuple(_whole(e) for e in told.exchanges)})


def unused_parts(cassettes: tuple[Cassette, ...]) -> list[Path]:
    """Return the parts that no recording refers to any more."""
    used = {
        _digest(e.request[name])
        for c in cassettes
        for e in c.recording.exchanges
        for name in _SHARED
        if name in e.request
    }
    return sorted(path for path in PARTS.glob("*.json") if path.stem not in used)


def _read(path: Path, case: str, model: str, k: int) -> Cassette:
    return Cassette(path, case, model, k, load(path.read_text("utf-8")))


def _slim(exchange: agent.Exchange) -> agent.Exchange:
    request = dict(exchange.request)
    for name in _SHARED:
        if name in request:
            request[name] = {_PART: _kept(request[name])}
    return exchange.model_copy(update={"request": request})


def _kept(part: Any) -> str:
    name = _digest(part)
    PARTS.mkdir(parents=True, exist_ok=True)
    (PARTS / f"{name}.json").write_text(json.dumps(part, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return name


def _digest(part: Any) -> str:
    return digest_bytes(canonical_body(part)).removeprefix("sha256:")[:16]


def _whole(exchange: agent.Exchange) -> agent.Exchange:
    request = {
        name: _part(value[_PART]) if isinstance(value, dict) and set(value) == {_PART} else value
        for name, value in exchange.request.items()
    }
    return exchange.model_copy(update={"request": request})


@cache
def _part(name: str) -> Any:
    return json.loads((PARTS / f"{name}.json").read_text("utf-8"))
