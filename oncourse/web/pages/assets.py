"""What pages are made of beside their words: our styles and icons, and two scripts of an installed package."""

from functools import cache
from hashlib import sha256
from http import HTTPStatus
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import APIRouter, Response

from oncourse.web.problems import ProblemError

router = APIRouter(prefix="/assets", include_in_schema=False)
_OURS = files("oncourse.web.pages") / "assets"
_HTMX = files("django_htmx") / "static" / "django_htmx"
"""Nothing of the package but these two files is used: it carries htmx in the very bytes of its release."""
_SCRIPT = "text/javascript"
_FILES: dict[str, tuple[str, tuple[Traversable, ...]]] = {
    "styles.css": ("text/css", (_OURS / "styles.css",)),
    "icon.svg": ("image/svg+xml", (_OURS / "icon.svg",)),
    "keys.js": (_SCRIPT, (_OURS / "keys.js",)),
    "icons.svg": ("image/svg+xml", (_OURS / "icons.svg",)),
    "htmx.js": (_SCRIPT, (_HTMX / "htmx-4.min.js", _HTMX / "ext" / "hx-sse-4.min.js")),
}
"""Kind and parts of each. htmx begins a tick after its script: an extension that comes in a later one is not heard."""
_YEAR = "public, max-age=31536000, immutable"


@cache
def _read(name: str) -> tuple[bytes, str]:
    kind, parts = _FILES[name]
    return b"\n".join(part.read_bytes() for part in parts), kind


@cache
def address_of(name: str) -> str:
    """Return where an asset is fetched: its address changes with its bytes, so that nobody keeps an old one."""
    return f"/assets/{sha256(_read(name)[0]).hexdigest()[:12]}/{name}"


@router.get("/{digest}/{name}")
def asset(digest: str, name: str) -> Response:
    """Return an asset under the address that its bytes have."""
    if name not in _FILES or address_of(name) != f"/assets/{digest}/{name}":
        raise ProblemError(HTTPStatus.NOT_FOUND, "no_such_path", "there is no such asset; load the page again")
    body, kind = _read(name)
    return Response(body, media_type=f"{kind}; charset=utf-8", headers={"cache-control": _YEAR})
