"""The published JSON Schema of RevenuePlanV1, for those who write plan documents elsewhere."""

import orjson

from plan.revenue_plan import RevenuePlanV1


def published_schema() -> bytes:
    """Return the schema as sorted, indented JSON: exactly the bytes of `plan/revenue_plan_v1.schema.json`."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:oncourse:revenue-plan:v1",
    } | RevenuePlanV1.model_json_schema()
    return orjson.dumps(schema, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
