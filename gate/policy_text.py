"""Read policy bundles from YAML: the one place that parses it."""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import ValidationError

from gate.decisions import GateError, Severity
from gate.judging import floors
from gate.policy import PolicyBundle
from plan import explain_validation


class BadPolicyError(GateError):
    """A policy text is no policy."""

    code = "bad_policy"


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise BadPolicyError(f"line {key_node.start_mark.line + 1}: a key is one word, not a list or a mapping")
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise BadPolicyError(f"line {key_node.start_mark.line + 1}: {key!r} stands twice; keep one")
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def parse_yaml(text: str, what: str) -> dict[str, Any]:
    """Return a YAML text's mapping; raise BadPolicyError with one line that names `what` and the place."""
    try:
        raw = yaml.load(text, Loader=_Loader)  # noqa: S506 - a subclass of SafeLoader
    except (yaml.YAMLError, ValueError) as error:  # a ValueError: a number or date that is none
        told = " ".join(str(error).split())
        raise BadPolicyError(f"the {what} is no YAML: {told}") from error
    except RecursionError as error:
        raise BadPolicyError(f"the {what} is nested too deep; start from one that ships with this version") from error
    if not isinstance(raw, dict):
        raise BadPolicyError(f"the {what} is no mapping; start from one that ships with this version")
    return raw


def load_bundle(text: str) -> PolicyBundle:
    """Read a bundle; raise BadPolicyError with one line that names the place."""
    return bundle_of(parse_yaml(text, "policy"))


def bundle_of(raw: dict[str, Any]) -> PolicyBundle:
    """Return the bundle that plain data means; raise BadPolicyError with one line that names the place.

    A severity below its rule's floor is refused: a bundle may raise a severity, never lower it.
    """
    try:
        bundle = PolicyBundle.model_validate(raw)
    except ValidationError as error:
        raise BadPolicyError(f"the policy does not fit: {explain_validation(error)}") from error
    known = floors()
    for code, severity in bundle.severities.items():
        if code not in known:
            raise BadPolicyError(f"severities: {code} is no code; list them with: oncourse gate explain all")
        if severity.rank < Severity(known[code]).rank:
            raise BadPolicyError(f"severities: {code} is {known[code]} at least; it may be raised, never lowered")
    return bundle


@cache
def default_bundle() -> PolicyBundle:
    """Return the bundle that ships with this version."""
    return load_bundle(files("gate").joinpath("default_policy.yaml").read_text(encoding="utf-8"))
