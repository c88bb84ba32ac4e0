"""The published schema is the code's own."""

from importlib.resources import files

import orjson

from plan import RevenuePlanV1, published_schema


def test_the_published_schema_is_the_one_in_the_repository():
    stands = files("plan").joinpath("revenue_plan_v1.schema.json").read_bytes()
    assert stands == published_schema(), "a changed meaning is a V2; else write published_schema() to the file"


def test_the_schema_refuses_unknown_fields_and_names_every_field():
    schema = orjson.loads(published_schema())
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == set(RevenuePlanV1.model_fields)
    assert schema["properties"]["schema_version"]["const"] == 1
    assert set(schema["required"]) == {n for n, field in RevenuePlanV1.model_fields.items() if field.is_required()}
