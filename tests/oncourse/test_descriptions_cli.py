"""What programs build on, printed without a database."""

import json

from oncourse.cli import main
from plan import published_schema


def test_the_api_and_the_plan_are_described_as_json_without_a_database(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["openapi"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["openapi"].startswith("3.1")
    assert "/v1/plans/{plan_id}:approve" in told["paths"]
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(published_schema())
    assert list(tmp_path.iterdir()) == []
