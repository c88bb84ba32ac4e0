"""The application: every router, what becomes of errors, and the API's own description."""

from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import Route

from oncourse.telemetry import quiet_tracers
from oncourse.web import (
    catalogues,
    decisions,
    events,
    ledgers,
    plans,
    provider_sign_in,
    reviews,
    sign_in_page,
    signing_in,
    steps,
    stream,
    times,
    tokens,
    webhooks,
)
from oncourse.web.assistants import AssistantDoor
from oncourse.web.fences import fences
from oncourse.web.front import Front
from oncourse.web.health import Health
from oncourse.web.metrics import metrics
from oncourse.web.pages import PAGES
from oncourse.web.probes import probes
from oncourse.web.problems import MEDIA, Problem, ProblemError, answer_http, answer_invalid, answer_problem
from plan import OncourseError

ROUTERS = (
    stream.router, events.router, plans.router, decisions.router, steps.router, reviews.router,
    ledgers.router, catalogues.router, times.router, signing_in.router, sign_in_page.router,
    provider_sign_in.router, tokens.router, webhooks.router, *PAGES,
)  # fmt: skip
ABOUT = (
    "Plans for accounts: proposed by a model, judged by policy, approved by people, run over weeks. "
    "Every decision is taken on what was read (If-Match) and once (Idempotency-Key). "
    "Programs read, propose and send events with a token; only people decide."
)


def build_app(front: Front, health: Health) -> FastAPI:
    """Return the application over one process's door and one worker's health."""
    assistants = AssistantDoor(front)
    app = FastAPI(
        title="oncourse",
        version="1",
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        webhooks=webhooks.outgoing,
        # its log records would quote what did not fit, with what was written there
        telemetry={"tracer_provider": quiet_tracers(), "logs": False, "auto_configure": False},
        generate_unique_id_function=_name,
        lifespan=lambda _app: assistants.open(),
        middleware=fences(front.settings),
        exception_handlers={
            OncourseError: answer_problem,
            ProblemError: answer_problem,
            RequestValidationError: answer_invalid,
            HTTPException: answer_http,
        },
    )
    app.state.front, app.state.streams = front, set()
    app.include_router(probes(health))
    app.include_router(metrics(front))
    for router in ROUTERS:
        app.include_router(router)
    app.router.routes.append(Route("/mcp", assistants, include_in_schema=False))
    plain = app.openapi
    app.openapi = lambda: described(plain())  # type: ignore[method-assign] # the way FastAPI documents
    return app


def _name(route: APIRoute) -> str:
    return f"{route.tags[0] if route.tags else 'oncourse'}_{route.name}"


def described(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the description with one problem everywhere: FastAPI describes a 422 of its own that is never sent."""
    parts = schema["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        parts.pop(name, None)
    parts["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    parts.update(parts["Problem"].pop("$defs", {}))
    schema["components"]["securitySchemes"]["signature"] = {
        "type": "apiKey",
        "in": "header",
        "name": "webhook-signature",
        "description": "Standard Webhooks, with webhook-id and webhook-timestamp (docs/events.md).",
    }
    told = {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path in schema["paths"].values():
        for operation in path.values():
            if "422" in operation.get("responses", {}):
                operation["responses"]["422"] = {"description": "It does not fit.", "content": told}
    return schema
