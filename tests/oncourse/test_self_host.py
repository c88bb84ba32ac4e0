"""The recipes for containers: no engine runs here, so they are linted, and what they call is called."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from oncourse.config import ConfigError, read_settings, unknown_variables
from oncourse.console import without_password
from tests.databases import _cluster, missing
from tests.oncourse.shells import ONCOURSE

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "docs" / "self-host"
TOOLS = Path(sys.executable).parent


def run(*words, **more):
    return subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False, **more)


@pytest.mark.parametrize("words", [("hadolint", "Dockerfile"), ("compose-lint", "check", "--quiet", "compose.yaml")])
def test_both_recipes_pass_their_linters(words):
    told = run(TOOLS / words[0], *words[1:], cwd=FOLDER)
    assert told.returncode == 0, told.stdout + told.stderr


def test_the_image_holds_every_package_of_the_wheel_and_the_wheel_nothing_else():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    copied = re.findall(r"^COPY (\w+) \1$", (FOLDER / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(copied) == sorted([*packages, "requirements"])
    sent = (FOLDER / "Dockerfile.dockerignore").read_text(encoding="utf-8").split("\n")
    assert {f"!{name}" for name in copied} <= set(sent)


@pytest.mark.parametrize("name", ["dev", "local", "image", "build"])
def test_every_lock_holds_hashes_and_no_address(name):
    text = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    assert "--hash=sha256:" in text
    assert "://" not in text


@pytest.mark.parametrize("name", ["image", "build"])
def test_what_the_image_installs_is_what_the_tests_run_with(name):
    def pinned(lock):
        return set(re.findall(r"^(\S+==\S+)", (ROOT / "requirements" / f"{lock}.lock").read_text(), re.MULTILINE))

    assert pinned(name) <= pinned("dev")


def test_no_service_can_write_its_own_files_or_rise_and_none_is_reached_from_elsewhere():
    compose = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
    for name, service in compose["services"].items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert {"mem_limit", "cpus", "pids_limit", "healthcheck", "restart"} <= set(service), name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
        assert int(service["user"].partition(":")[0]) > 0, name
        assert not any("password" in key.lower() and "FILE" not in key for key in service["environment"]), name


@pytest.fixture
def secrets(tmp_path):
    """The folder that the script makes."""
    shutil.copy(FOLDER / "secrets.sh", tmp_path)
    told = run("sh", tmp_path / "secrets.sh")
    assert told.returncode == 0, told.stderr
    return tmp_path / "secrets"


def test_the_passwords_are_made_once_and_nobody_else_may_enter(secrets):
    made = {file.name: file.read_text() for file in secrets.iterdir()}
    assert set(made) == {"postgres_password", "oncourse_password", "oncourse_database"}
    assert len({made["postgres_password"], made["oncourse_password"]}) == 2
    assert urlsplit(made["oncourse_database"]).password == made["oncourse_password"]
    assert secrets.stat().st_mode & 0o777 == 0o700
    again = run("sh", secrets.parent / "secrets.sh")
    assert again.returncode == 1
    assert "is there already" in again.stderr
    assert {file.name: file.read_text() for file in secrets.iterdir()} == made


def test_the_role_that_is_made_is_plain_and_settings_come_from_files(secrets, tmp_path, monkeypatch):
    cluster = _cluster()
    if cluster is None:
        missing("PostgreSQL")
    server = urlsplit(cluster)
    here = {**os.environ, "PGHOST": server.hostname, "PGPORT": str(server.port), "POSTGRES_USER": server.username}
    told = run("sh", FOLDER / "role.sh", env={**here, "SECRETS": str(secrets)})
    assert told.returncode == 0, told.stderr
    (secrets / "oncourse_database").chmod(0o600)
    password = (secrets / "oncourse_password").read_text()
    (secrets / "oncourse_database").write_text(
        f"postgresql://oncourse:{password}@{server.hostname}:{server.port}/oncourse\n"
    )
    here = {"PATH": os.environ["PATH"], "ONCOURSE_SETTINGS_DIR": str(secrets)}
    for words in (["init", "--zone", "Europe/Berlin"], ["db", "check"]):
        told = run(ONCOURSE, *words, env=here, cwd=tmp_path)
        assert told.returncode == 0, told.stdout + told.stderr
        assert password not in told.stdout + told.stderr
    assert "Nothing found" in told.stdout
    assert password not in run(ONCOURSE, "doctor", env=here, cwd=tmp_path).stdout


def test_a_password_is_not_shown_wherever_it_stands_in_a_url():
    assert without_password("postgresql://me:se:cr@t@db/x?a=b") == "postgresql://me@db/x?a=b"
    assert without_password("postgresql://me@db/x?password=hush&a=b") == "postgresql://me@db/x?password=...&a=b"
    assert without_password("sqlite:///a:b@c.db") == "sqlite:///a:b@c.db"


def test_a_file_gives_a_setting_and_the_environment_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / "oncourse_model_api_key").write_text("of-the-file\n")
    (folder / "oncourse_oidc__client_secret").write_text("hush\n")
    (tmp_path / "oncourse.toml").write_text(
        'model_api_key = "of-the-toml"\n[oidc]\nissuer = "https://id.example"\nclient_id = "us"\nroles = {a = "editor"}\n'
    )
    monkeypatch.setenv("ONCOURSE_SETTINGS_DIR", str(folder))
    found = read_settings()
    assert found.model_api_key.get_secret_value() == "of-the-file"
    assert found.oidc.client_secret.get_secret_value() == "hush"
    monkeypatch.setenv("ONCOURSE_MODEL_API_KEY", "of-the-environment")
    assert read_settings().model_api_key.get_secret_value() == "of-the-environment"


def test_a_folder_that_is_not_there_and_a_file_that_nothing_reads_are_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ONCOURSE_SETTINGS_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(ConfigError, match="no folder"):
        read_settings()
    monkeypatch.setenv("ONCOURSE_SETTINGS_DIR", str(tmp_path))
    (tmp_path / "oncourse_databse").write_text("sqlite://")
    assert unknown_variables() == [str(tmp_path / "oncourse_databse")]
