"""What a person names on the command line: files, bundles, spans of time; one clear line where it is none."""

import re
from datetime import timedelta
from pathlib import Path

from gate import PolicyBundle, default_bundle, load_bundle
from oncourse.cli.session import current
from orchestrator import BadInputError

_SPAN = re.compile(r"([1-9][0-9]{0,3})([dw])")
_DAYS = {"d": 1, "w": 7}


def read_text(path: Path) -> str:
    """Return a file's text; raise BadInputError where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8") from error


def is_file(name: str) -> bool:
    """Tell whether a name means a file: it looks like one, or there is one."""
    return name.endswith((".yaml", ".yml")) or "/" in name or Path(name).is_file()


def read_bundle(name: str) -> PolicyBundle:
    """Return the bundle that a name means: `current`, `default`, a file, or the beginning of a digest."""
    if name == "default":
        return default_bundle()
    if name != "current" and is_file(name):
        return load_bundle(read_text(Path(name)))
    return current.house.governance.policy(name)


def read_span(text: str) -> timedelta:
    """Return a span such as `90d` or `12w`."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise BadInputError(f"--since {text!r} is no span; write it in days or weeks, as 90d or 12w")
    return timedelta(days=int(found[1]) * _DAYS[found[2]])
