"""The door for programs: HTTP beside a worker, on loopback unless told otherwise. Today it tells its health."""

from oncourse.web.app import build_app
from oncourse.web.health import Health
from oncourse.web.listening import ListenError, listening

__all__ = ["Health", "ListenError", "build_app", "listening"]
