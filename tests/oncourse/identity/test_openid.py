"""An identity provider's word counts once everything about it fits, and forged tokens count nothing."""

import base64
import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from pydantic import SecretStr

from oncourse.config import OidcSettings
from oncourse.identity import Begun, Provider, ProviderRefusedError, ProviderSilentError
from plan import Role
from tests.oncourse.identity.provider import CLIENT, SECRET, running

BACK = "https://plans.example/v1/sign-in/oidc/callback"


@pytest.fixture
def fake(house):
    with running(house.clock) as made:
        yield made


def settings(fake, **more):
    told = {"issuer": fake.issuer, "client_id": CLIENT, "client_secret": SecretStr(SECRET)}
    return OidcSettings(**told | {"roles": {"rev-ops": Role.REVOPS}} | more)


@pytest.fixture
def provider(fake, house, chance):
    return Provider(settings(fake), house.clock, chance)


def signs_in(provider, fake, *, step_up=False):
    address, begun = provider.begin(BACK, step_up=step_up)
    return provider.finish(BACK, begun, fake.authorize(address))


def refused(provider, fake):
    with pytest.raises(ProviderRefusedError) as error:
        signs_in(provider, fake)
    return str(error.value)


def test_the_browser_is_sent_with_pkce_state_and_nonce_and_comes_back_as_somebody(provider, fake):
    shown = signs_in(provider, fake)
    assert (shown.subject, shown.groups, shown.strong_at) == ("s-1", {"rev-ops"}, None)
    assert fake.asked["response_type"] == "code"
    assert fake.asked["code_challenge_method"] == "S256"
    assert {len(fake.asked[name]) for name in ("state", "nonce", "code_challenge")} == {43}
    assert fake.asked["scope"] == "openid"
    assert "max_age" not in fake.asked


def test_what_the_browser_keeps_is_read_back_and_nothing_else_is(provider):
    _, begun = provider.begin(BACK, step_up=True)
    assert Begun.read(begun.kept) == begun
    for text in ("", "a.b.c.in", begun.kept + "x", begun.kept.replace(".up", ".root")):
        assert Begun.read(text) is None


def test_an_answer_to_another_sign_in_or_of_another_provider_is_refused(provider, fake):
    address, begun = provider.begin(BACK)
    came = fake.authorize(address)
    for change in ({"state": "x" * 43}, {"state": ""}, {"iss": "https://other.example"}):
        with pytest.raises(ProviderRefusedError):
            provider.finish(BACK, begun, came | change)
    with pytest.raises(ProviderRefusedError, match="let nobody in"):
        provider.finish(BACK, begun, {"state": begun.state, "error": "access_denied"})
    assert provider.finish(BACK, begun, came | {"iss": fake.issuer}).subject == "s-1"


def test_a_code_counts_once_and_only_with_its_own_verifier_and_address(provider, fake):
    address, begun = provider.begin(BACK)
    came = fake.authorize(address)
    with pytest.raises(ProviderRefusedError):
        provider.finish(BACK, begun.model_copy(update={"verifier": "v" * 43}), came)
    with pytest.raises(ProviderRefusedError):
        provider.finish(BACK, begun, came)
    came = fake.authorize(address)
    with pytest.raises(ProviderRefusedError):
        provider.finish("https://evil.example/callback", begun, came)


def unsigned(claims):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none', 'kid': 'k1'})}.{part(claims)}."


def test_a_token_that_is_not_signed_is_refused(provider, fake):
    fake.forge = unsigned
    assert "does not prove" in refused(provider, fake)


def test_a_token_signed_with_the_public_key_as_a_shared_secret_is_refused(provider, fake):
    for secret in (fake.key.as_pem(private=False), json.dumps(fake.key.as_dict(private=False)).encode()):
        key = OctKey.import_key(base64.urlsafe_b64encode(secret))
        fake.forge = lambda claims, key=key: jwt.encode(
            {"alg": "HS256", "kid": "k1"}, claims, key, algorithms=["HS256"]
        )
        assert "does not prove" in refused(provider, fake)


def test_a_token_signed_with_another_key_that_it_brings_along_is_refused(provider, fake):
    own = RSAKey.generate_key(2048, parameters={"kid": "k1"}, private=True)
    brought = own.as_dict(private=False)
    for header in ({}, {"jwk": brought}, {"jku": "http://127.0.0.1:1/jwks"}):
        fake.forge = lambda claims, more=header: jwt.encode({"alg": "RS256", "kid": "k1"} | more, claims, own)
        assert "does not prove" in refused(provider, fake)


def test_a_token_of_a_way_to_sign_that_the_settings_do_not_name_is_refused(fake, house, chance):
    provider = Provider(settings(fake, algorithms=("ES256",)), house.clock, chance)
    assert "does not prove" in refused(provider, fake)
    fake.rotate()
    house.clock.set(house.clock.now() + timedelta(minutes=2))
    assert signs_in(provider, fake).subject == "s-1"


@pytest.mark.parametrize("algorithms", [("none",), ("HS256",), ("RS256", "HS512"), ("dir",)])
def test_a_way_to_sign_that_proves_nothing_cannot_be_set(fake, algorithms):
    with pytest.raises(ValueError, match="proves nothing"):
        settings(fake, algorithms=algorithms)


NOW = 1772434800


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-client"},
        {"aud": ["another-client"]},
        {"aud": [CLIENT, "another-client"]},
        {"aud": [CLIENT, "another-client"], "azp": "another-client"},
        {"azp": "another-client"},
        {"aud": None},
        {"iss": "https://other.example"},
        {"iss": None},
        {"exp": NOW - 61},
        {"exp": None},
        {"exp": "soon"},
        {"iat": NOW + 120},
        {"iat": None},
        {"nbf": NOW + 120},
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": ["another"]},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
        {"sub": "a\x00b"},
    ],
    ids=str,
)
def test_a_token_for_somebody_else_of_another_time_or_of_another_sign_in_is_refused(provider, fake, house, claims):
    assert int(house.clock.now().timestamp()) == NOW
    fake.claims = claims
    refused(provider, fake)


@pytest.mark.parametrize("claims", [{"aud": [CLIENT]}, {"aud": [CLIENT, "other"], "azp": CLIENT}, {"exp": NOW - 30}])
def test_a_token_that_is_meant_for_us_too_and_of_a_clock_that_is_a_little_slow_counts(provider, fake, claims):
    fake.claims = claims
    assert signs_in(provider, fake).subject == "s-1"


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "....", "e30.e30.e30"])
def test_what_is_no_token_is_refused(provider, fake, token):
    fake.forge = lambda claims: token
    refused(provider, fake)


def test_new_keys_are_fetched_when_a_token_names_one_and_not_more_than_once_a_minute(provider, fake, house):
    signs_in(provider, fake)
    fake.rotate()
    house.clock.set(house.clock.now() + timedelta(minutes=1))
    assert signs_in(provider, fake).subject == "s-1"
    before = fake.hits.count("/jwks")
    fake.forge = lambda claims: jwt.encode({"alg": "ES256", "kid": "k9"}, claims, fake.key)
    for _ in range(3):
        refused(provider, fake)
    assert fake.hits.count("/jwks") == before


def test_groups_come_from_beside_the_token_where_they_are_not_in_it_and_only_for_the_same_person(provider, fake):
    fake.person = {"sub": "s-1"}
    fake.userinfo = {"sub": "s-1", "groups": ["rev-ops", 7]}
    assert signs_in(provider, fake).groups == {"rev-ops"}
    fake.userinfo = {"sub": "s-2", "groups": ["rev-ops"]}
    assert signs_in(provider, fake).groups == frozenset()


@pytest.mark.parametrize(
    ("claims", "strong"),
    [
        ({"amr": ["pwd", "mfa"], "auth_time": NOW - 5}, NOW - 5),
        ({"acr": "gold", "auth_time": NOW - 5}, NOW - 5),
        ({"amr": ["mfa"], "auth_time": NOW + 500}, NOW),
        ({"amr": ["mfa"]}, None),
        ({"amr": ["pwd"], "auth_time": NOW}, None),
        ({"acr": "silver", "auth_time": NOW}, None),
        ({"acr": "gold", "auth_time": "now"}, None),
        ({"acr": "gold", "auth_time": True}, None),
        ({"acr": "gold", "auth_time": -5}, None),
        ({"auth_time": NOW}, None),
    ],
    ids=str,
)
def test_a_second_factor_counts_where_the_provider_says_that_and_when_it_was_shown(fake, house, chance, claims, strong):
    provider = Provider(settings(fake, strong_acr=("gold",)), house.clock, chance)
    fake.claims = claims
    found = signs_in(provider, fake).strong_at
    assert (None if found is None else int(found.timestamp())) == strong


def test_stepping_up_asks_for_a_fresh_sign_in_of_the_strong_kind(fake, house, chance):
    provider = Provider(settings(fake, strong_acr=("gold", "silver")), house.clock, chance)
    signs_in(provider, fake, step_up=True)
    assert (fake.asked["max_age"], fake.asked["acr_values"], fake.asked["prompt"]) == ("0", "gold silver", "login")


def test_a_provider_that_names_itself_otherwise_or_has_open_addresses_is_refused(fake, house, chance):
    for described in ({"issuer": "https://other.example"}, {"token_endpoint": "http://192.0.2.1/token"}):
        fake.described = described
        refused(Provider(settings(fake), house.clock, chance), fake)


@pytest.mark.parametrize(
    "issuer", ["http://id.example", "id.example", "https://user:pw@id.example", "ftp://id.example"]
)
def test_an_issuer_that_others_could_listen_to_cannot_be_set(fake, issuer):
    with pytest.raises(ValueError):
        settings(fake, issuer=issuer)


def test_a_provider_that_does_not_answer_or_talks_nonsense_is_said_so(fake, house, chance):
    fake.described = {"jwks_uri": f"{fake.issuer}/nowhere"}
    with pytest.raises(ProviderSilentError, match="does not answer"):
        signs_in(Provider(settings(fake), house.clock, chance), fake)
    nobody = Provider(settings(fake, issuer="http://127.0.0.1:9"), house.clock, chance)
    with pytest.raises(ProviderSilentError):
        nobody.begin(BACK)


def test_somebody_signs_out_there_too_where_the_provider_has_a_place_for_it(provider, fake, house, chance):
    address = provider.end_address("https://plans.example/sign-in")
    asked = parse_qs(urlsplit(address).query)
    assert asked == {"client_id": [CLIENT], "post_logout_redirect_uri": ["https://plans.example/sign-in"]}
    fake.described = {"end_session_endpoint": None}
    assert Provider(settings(fake), house.clock, chance).end_address("https://plans.example/sign-in") is None
