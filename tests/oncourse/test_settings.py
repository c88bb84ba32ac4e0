"""Settings: from the file and the environment, and one clear line for what does not fit."""

import re
from pathlib import Path

import pytest

import oncourse
from oncourse.config import ConfigError, read_settings, unknown_variables
from plan import Role

DOCUMENT = Path(oncourse.__file__).parent.parent / "docs" / "identity.md"
OIDC = '[oidc]\nissuer = "https://id.example"\nclient_id = "plans"\nroles = { bosses = "senior_approver" }\n'


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(text):
    Path("oncourse.toml").write_text(text)


def test_the_example_of_a_provider_is_one_that_can_be_used(monkeypatch):
    [example] = re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    write(example)
    monkeypatch.setenv("ONCOURSE_OIDC__CLIENT_SECRET", "hush")
    found = read_settings()
    assert found.oidc.roles["directors"] is Role.SENIOR_APPROVER
    assert found.oidc.client_secret.get_secret_value() == "hush"
    assert "hush" not in repr(found)
    assert unknown_variables() == []


def test_a_misspelt_variable_of_a_table_is_named(monkeypatch):
    write(OIDC)
    monkeypatch.setenv("ONCOURSE_OIDC__CLIENT_SECRT", "hush")
    monkeypatch.setenv("ONCOURSE_OIDC_ISSUER", "https://id.example")
    assert unknown_variables() == ["ONCOURSE_OIDC_ISSUER", "ONCOURSE_OIDC__CLIENT_SECRT"]
    with pytest.raises(ConfigError, match="client_secrt"):
        read_settings()


def test_lists_stand_in_the_environment_with_commas_between(monkeypatch):
    monkeypatch.setenv("ONCOURSE_ALLOWED_HOSTS", "a.example, b.example")
    assert read_settings().allowed_hosts == ("a.example", "b.example")


def test_the_public_address_ends_without_a_slash():
    assert read_settings(public_url="https://plans.example/").public_url == "https://plans.example"


@pytest.mark.parametrize("address", ["plans.example", "ftp://plans.example", "https://a:b@plans.example", "https://"])
def test_what_no_browser_could_be_sent_to_is_no_public_address(address):
    with pytest.raises(ConfigError, match="public_url"):
        read_settings(public_url=address)


@pytest.mark.parametrize(
    ("was", "is_"),
    [
        ('"https://id.example"', '"http://id.example"'),
        ('"https://id.example"', f'"https://id.example/{"x" * 200}"'),
        ("senior_approver", "boss"),
        ('client_id = "plans"', 'client_id = "plans"\nalgorithms = ["HS256"]'),
        ('client_id = "plans"\n', ""),
    ],
)
def test_a_provider_that_could_not_be_believed_is_refused(was, is_):
    write(OIDC.replace(was, is_))
    with pytest.raises(ConfigError, match="oidc"):
        read_settings()
