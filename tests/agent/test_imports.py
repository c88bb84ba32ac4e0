"""The room is cheap to enter."""

import subprocess
import sys
from pathlib import Path

import pytest

import agent

HEAVY = (
    "anthropic",
    "genai_prices",
    "httpx2",
    "instructor",
    "langchain_core",
    "langgraph",
    "llama_cpp",
    "openai",
    "vcr",
)


@pytest.mark.parametrize(
    "said",
    [
        "import agent",
        "import agent; agent.playbook_drafter(); agent.replay_drafter(agent.playbook_drafter())",
        "import agent; agent.claude_drafter(agent.ClaudeSettings(api_key='x'))",
        "import agent; agent.local_drafter(print)",
    ],
)
def test_no_model_library_loads_before_a_model_is_asked(said):
    code = f"import sys; {said}; print(*[m for m in {HEAVY!r} if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == []


def test_one_file_knows_the_price_list():
    room = Path(agent.__file__).parent
    knowing = [path.name for path in sorted(room.glob("*.py")) if "genai_prices" in path.read_text(encoding="utf-8")]
    assert knowing == ["pricing.py"]
