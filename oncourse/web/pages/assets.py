"""What pages are made of beside their words: our styles and icons, and the two scripts of an installed package."""

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
_FILES: dict[str, tuple[Traversable, str]] = {
    "styles.css": (_OURS / "styles.css", "text/css"),
    "icon.svg": (_OURS / "icon.svg", "image/svg+xml"),
    "keys.js": (_OURS / "keys.js", "text/javascript"),
    "icons.svg": (_OURS / "icons.svg", "image/svg+xml"),
    "htmx.js": (_HTMX / "htmx-4.min.js", "text/javascript"),
    "sse.js": (_HTMX / "ext" / "hx-sse-4.min.js", "text/javascript"),
}
_YEAR = "public, max-age=31536000, immutable"


@cache
def _read(name: str) -> tuple[bytes, str]:
    path, kind = _FILES[name]
    return path.read_bytes(), kind


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
