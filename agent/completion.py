"""What a model on this machine is asked, and what it gives back."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

Stop = Literal["end_turn", "max_tokens", "model_context_window_exceeded"]


class Completion(NamedTuple):
    """What the model wrote, why it stopped, and its own count of tokens."""

    text: str
    stop: Stop
    input_tokens: int
    output_tokens: int


Complete = Callable[[list[dict[str, str]], dict[str, Any], int], Completion]
"""Completes a chat (roles and texts) in the form that a JSON schema asks for, with at most so many tokens."""
