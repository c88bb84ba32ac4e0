"""The door for assistants (MCP): a program that talks with a person reads plans and proposes them.

Never decides: what an assistant holds has no command that does, and the gate would refuse it.
"""

from oncourse.web.assistants.assistant import Assistant, Told, Window
from oncourse.web.assistants.door import AssistantDoor

__all__ = ["Assistant", "AssistantDoor", "Told", "Window"]
