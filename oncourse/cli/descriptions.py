"""`oncourse openapi` and `oncourse schema`: what programs build on, described as JSON; no database is needed."""

from threading import Event
from typing import TYPE_CHECKING

import orjson
import typer

from oncourse.cli.session import current
from oncourse.clock import RealClock, random_salt
from oncourse.console import as_json
from oncourse.simulator import SimulatedExecutor
from plan import published_schema
from store import Store, open_engine

if TYPE_CHECKING:
    from datetime import datetime


def register(app: typer.Typer) -> None:
    """Put the commands on the root."""
    for command in (openapi, schema):
        app.command()(command)


def openapi() -> None:
    """Print the description of the HTTP API (OpenAPI 3.1)."""
    from oncourse.identity import Doorkeeper
    from oncourse.web import Front, Health, build_app

    clock, store = RealClock(), Store(open_engine("sqlite://"), random_salt)
    front = Front(current.settings, store, SimulatedExecutor(), clock, Doorkeeper(store, clock))
    as_json(build_app(front, Health(_Nobody(), lambda: None, clock, Event())).openapi())
    store.close()


def schema() -> None:
    """Print the JSON Schema of a plan (RevenuePlanV1)."""
    as_json(orjson.loads(published_schema()))


class _Nobody:
    """No worker: nothing is asked of it."""

    looked_at: "datetime | None" = None

    def heard(self) -> bool:
        """Tell that it was not."""
        return False
