"""Which model is asked, and what one proposal may cost."""

from pydantic import Field, SecretStr

from plan import Frozen


class Budget(Frozen):
    """The most that one proposal may use, its repairs included."""

    turns: int = 4
    """Answers of the model, the one that is asked again included."""
    tool_calls: int = 8
    reasks: int = 1
    """How often an unreadable answer is asked for again."""
    tokens: int = 60_000
    micro_usd: int = 100_000
    """Millionths of a US dollar; binds where the model's price is known."""
    seconds: int = 90
    tool_result_bytes: int = 4000
    """Of one tool result, and of what is said about an unreadable answer."""


class ClaudeSettings(Frozen):
    """Where the model is asked, as whom, and how much."""

    api_key: SecretStr
    base_url: str | None = None
    """None is Anthropic itself."""
    model: str = "claude-sonnet-5-5"
    """The exact model; what answered is recorded beside it."""
    max_tokens: int = Field(default=8192, ge=1024)
    """Of one answer, thinking included."""
    max_retries: int = Field(default=2, ge=0, le=5)
    answer_seconds: int = Field(default=60, ge=1, le=3600)
    """How long one answer may take."""
    budget: Budget = Budget()
