"""How refusals are described in OpenAPI: the same problem everywhere, and nothing that is not answered."""

from typing import Any

from oncourse.web.problems import MEDIA

_SAYS = {
    400: "The request cannot be read.",
    401: "Nobody known asks.",
    403: "Who asks may not do this.",
    404: "There is no such thing in this tenant.",
    406: "It is not told in the form that was asked for.",
    409: "As things stand it cannot be done.",
    412: "It changed since it was read; `changed` says how.",
    413: "The body is too large.",
    415: "The body has another content type.",
    421: "Another host was meant.",
    422: "It does not fit, or the gate denies it: `errors` or `codes` say why.",
    428: "If-Match is missing.",
    429: "Too many requests; Retry-After says when.",
    503: "The service cannot answer now.",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses of some refusals."""
    problem = {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _SAYS[status], "content": problem} for status in statuses}


REFUSALS = refusals(400, 401, 403, 404, 409, 412, 413, 415, 421, 422, 428, 503)
"""Of a route that changes something."""
