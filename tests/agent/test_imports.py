"""The room is cheap to enter."""

import subprocess
import sys

import pytest

HEAVY = ("anthropic", "instructor", "langgraph", "langchain_core", "vcr", "httpx2", "openai")


@pytest.mark.parametrize(
    "said",
    [
        "import agent",
        "import agent; agent.playbook_drafter(); agent.replay_drafter(agent.playbook_drafter())",
        "import agent; agent.claude_drafter(agent.ClaudeSettings(api_key='x'))",
    ],
)
def test_no_model_library_loads_before_a_model_is_asked(said):
    code = f"import sys; {said}; print(*[m for m in {HEAVY!r} if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == []
