"""The door for programs and people: an HTTP API beside a worker, on loopback unless told otherwise.

Never decides: each route reads the request, gives one command or asks one question, and answers.
"""

from oncourse.web.app import build_app
from oncourse.web.front import Caller, Doorkeeper, Front, Signed
from oncourse.web.health import Health
from oncourse.web.listening import ListenError, listening

__all__ = ["Caller", "Doorkeeper", "Front", "Health", "ListenError", "Signed", "build_app", "listening"]
