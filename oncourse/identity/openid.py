"""An identity provider (OpenID Connect): the code flow with PKCE, state and nonce, and a token that is believed slowly.

Its addresses come from its own description, the keys from there too; what a token says of its own keys counts nothing.
"""

import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from oncourse.config import OidcSettings
from oncourse.identity.refusals import ProviderRefusedError, ProviderSilentError
from oncourse.identity.secret import Chance, new_secret
from orchestrator import Clock
from plan import Frozen, Instant, SortedStrings

LONGEST_SUBJECT = 255
_KEPT = re.compile(r"([\w-]{43})\.([\w-]{43})\.([\w-]{43})\.(in|up)", re.ASCII)
PATIENCE = 10.0
"""Seconds for each call to the provider."""
LEEWAY = 60
"""Seconds by which its clock may differ."""
DESCRIPTION_HOLDS, KEYS_REST = timedelta(hours=1), timedelta(minutes=1)
"""How long its description is believed; how soon its keys are asked for again where a token names another one."""


class Begun(Frozen):
    """A sign-in that was begun: the browser keeps it until it comes back."""

    state: str
    nonce: str
    verifier: str
    step_up: bool = False

    @property
    def kept(self) -> str:
        """Return it as the text of a cookie."""
        return ".".join((self.state, self.nonce, self.verifier, "up" if self.step_up else "in"))

    @staticmethod
    def read(text: str) -> "Begun | None":
        """Return what a browser kept; None for anything else."""
        found = _KEPT.fullmatch(text)
        if found is None:
            return None
        return Begun(state=found[1], nonce=found[2], verifier=found[3], step_up=found[4] == "up")


class Shown(Frozen):
    """What the provider says of somebody."""

    subject: str
    groups: SortedStrings
    strong_at: Instant | None
    """When they last showed a second factor there."""


class Provider:
    """One identity provider."""

    def __init__(self, settings: OidcSettings, clock: Clock, chance: Chance) -> None:
        self._told, self._clock, self._chance = settings, clock, chance
        self._description: tuple[datetime, dict[str, Any]] | None = None
        self._keys: tuple[datetime, KeySet] | None = None

    def begin(self, back: str, *, step_up: bool = False) -> tuple[str, Begun]:
        """Return where the browser is sent, and what it keeps meanwhile; `back` is where it comes back to."""
        begun = Begun(
            state=new_secret(self._chance),
            nonce=new_secret(self._chance),
            verifier=new_secret(self._chance),
            step_up=step_up,
        )
        more: dict[str, str] = {"nonce": begun.nonce}
        if step_up:
            more |= {"max_age": "0", "prompt": "login"}
            if self._told.strong_acr:
                more["acr_values"] = " ".join(self._told.strong_acr)
        with self._client(back) as client:
            address, _ = client.create_authorization_url(
                self._address("authorization_endpoint"), state=begun.state, code_verifier=begun.verifier, **more
            )
        return str(address), begun

    def finish(self, back: str, begun: Begun, came: Mapping[str, str]) -> Shown:
        """Return what the provider says of whoever came back; raise ProviderRefusedError where nothing proves it."""
        if not hmac.compare_digest(came.get("state", "").encode(), begun.state.encode()):
            raise ProviderRefusedError("this answer belongs to no sign-in that was begun in this browser")
        if came.get("iss", self._told.issuer) != self._told.issuer:
            raise ProviderRefusedError("this answer is another provider's")
        if "code" not in came:
            raise ProviderRefusedError("the identity provider let nobody in")
        token = self._exchange(back, begun, came["code"])
        claims = self._believed(str(token.get("id_token", "")), begun.nonce)
        groups = claims.get(self._told.groups_claim)
        if groups is None:
            groups = self._asked_for(token, claims["sub"]).get(self._told.groups_claim)
        return Shown(subject=claims["sub"], groups=_words(groups), strong_at=self._strong_at(claims))

    def end_address(self, back: str) -> str | None:
        """Return where somebody signs out at the provider too, where it has such a place."""
        if not self._describe().get("end_session_endpoint"):
            return None
        asked = urlencode({"client_id": self._told.client_id, "post_logout_redirect_uri": back})
        return f"{self._address('end_session_endpoint')}?{asked}"

    def _client(self, back: str) -> OAuth2Client:
        secret = self._told.client_secret.get_secret_value()
        ways = self._describe().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        way = "client_secret_basic" if "client_secret_basic" in ways else "client_secret_post"
        return OAuth2Client(
            self._told.client_id,
            secret or None,
            scope=" ".join(self._told.scopes),
            redirect_uri=back,
            token_endpoint_auth_method=way if secret else "none",
            code_challenge_method="S256",
            timeout=PATIENCE,
        )

    def _exchange(self, back: str, begun: Begun, code: str) -> dict[str, Any]:
        try:
            with self._client(back) as client:
                return dict(
                    client.fetch_token(self._address("token_endpoint"), code=code, code_verifier=begun.verifier)
                )
        except AuthlibBaseError as error:
            raise ProviderRefusedError("the identity provider took its own code back") from error
        except (httpx2.HTTPError, ValueError) as error:
            raise ProviderSilentError from error

    def _believed(self, token: str, nonce: str) -> dict[str, Any]:
        """Return a token's claims once everything about them fits."""
        now = int(self._clock.now().timestamp())
        rules = jwt.JWTClaimsRegistry(
            now=now,
            leeway=LEEWAY,
            iss={"essential": True, "value": self._told.issuer},
            sub={"essential": True},
            aud={"essential": True, "value": self._told.client_id},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            claims = self._decoded(token)
            rules.validate(claims)
        except (JoseError, ValueError) as error:
            raise ProviderRefusedError("what the identity provider sent does not prove anything") from error
        meant = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        named = claims.get("azp", self._told.client_id if len(meant) == 1 else None)
        subject = claims["sub"]
        whole = isinstance(subject, str) and 0 < len(subject) <= LONGEST_SUBJECT and subject.isprintable()
        if named != self._told.client_id or claims["nonce"] != nonce or not whole:
            raise ProviderRefusedError("what the identity provider sent is meant for somebody else")
        return claims

    def _decoded(self, token: str) -> dict[str, Any]:
        """Return a signed token's claims; its keys are fetched anew where it names one that is not known yet."""
        algorithms = list(self._told.algorithms)
        try:
            return jwt.decode(token, self._key_set(), algorithms=algorithms).claims
        except (JoseError, ValueError):
            fresh = self._key_set(again=True)
            return jwt.decode(token, fresh, algorithms=algorithms).claims

    def _key_set(self, *, again: bool = False) -> KeySet:
        now = self._clock.now()
        if self._keys is None or (again and now - self._keys[0] >= KEYS_REST):
            try:
                self._keys = now, KeySet.import_key_set(self._fetch(self._address("jwks_uri")))  # type: ignore[arg-type] # a wrong form raises
            except (JoseError, KeyError, TypeError, ValueError) as error:
                raise ProviderSilentError from error
        return self._keys[1]

    def _asked_for(self, token: dict[str, Any], subject: str) -> dict[str, Any]:
        """Return what the provider tells of somebody beside the token, where it has a place for it."""
        if not self._describe().get("userinfo_endpoint") or not token.get("access_token"):
            return {}
        bearer = {"authorization": f"Bearer {token['access_token']}"}
        told = self._fetch(self._address("userinfo_endpoint"), bearer)
        return told if told.get("sub") == subject else {}

    def _strong_at(self, claims: dict[str, Any]) -> datetime | None:
        when = claims.get("auth_time")
        acr, amr = _words(claims.get("acr")), _words(claims.get("amr"))
        strong = acr & set(self._told.strong_acr) or amr & set(self._told.strong_amr)
        if not strong or isinstance(when, bool) or not isinstance(when, int) or when < 0:
            return None
        now = self._clock.now()
        return min(datetime.fromtimestamp(min(when, int(now.timestamp())), UTC), now)

    def _describe(self) -> dict[str, Any]:
        now = self._clock.now()
        if self._description is None or now - self._description[0] > DESCRIPTION_HOLDS:
            told = self._fetch(f"{self._told.issuer.rstrip('/')}/.well-known/openid-configuration")
            if told.get("issuer") != self._told.issuer:
                raise ProviderRefusedError("the identity provider names itself otherwise than [oidc] issuer does")
            self._description = now, told
        return self._description[1]

    def _address(self, name: str) -> str:
        """Return one of the provider's addresses; raise ProviderRefusedError for one that others could listen on."""
        address = str(self._describe().get(name, ""))
        parts = urlsplit(address)
        here = parts.hostname in {"127.0.0.1", "::1", "localhost"} and self._told.issuer.startswith("http://")
        if not parts.hostname or (parts.scheme != "https" and not here):
            raise ProviderRefusedError(f"the identity provider has no https {name}")
        return address

    def _fetch(self, address: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        try:
            answer = httpx2.get(address, headers=headers, timeout=PATIENCE)
            told = answer.json() if answer.status_code == HTTPStatus.OK else None
        except (httpx2.HTTPError, ValueError) as error:
            raise ProviderSilentError from error
        if not isinstance(told, dict):
            raise ProviderSilentError
        return told


def _words(told: object) -> frozenset[str]:
    """Return a claim that is a word or a list of words."""
    if isinstance(told, str):
        return frozenset({told})
    return frozenset(word for word in told if isinstance(word, str)) if isinstance(told, list) else frozenset()
