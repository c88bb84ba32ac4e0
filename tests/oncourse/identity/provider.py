"""An identity provider on loopback whose tokens a test can forge."""

import base64
import hashlib
import json
import secrets
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

CLIENT, SECRET = "plans", "hush-hush"


class FakeProvider:
    """Signs everybody in at once, as told; keeps to the protocol, and checks PKCE, client and codes."""

    def __init__(self, clock):
        self.clock = clock
        self.key = RSAKey.generate_key(2048, parameters={"kid": "k1", "alg": "RS256", "use": "sig"}, private=True)
        self.keys = [self.key]
        self.header = {"alg": "RS256", "kid": "k1"}
        self.person = {"sub": "s-1", "groups": ["rev-ops"]}
        self.userinfo = {}
        self.described, self.codes, self.asked, self.hits = {}, {}, {}, []
        self.forge = None
        """Given the claims, returns the token itself."""
        self.claims = {}

    @property
    def issuer(self):
        return f"http://127.0.0.1:{self.port}"

    def description(self):
        return {
            "issuer": self.issuer,
            **{f"{n}_endpoint": f"{self.issuer}/{n}" for n in ("authorization", "token", "userinfo", "end_session")},
            "jwks_uri": f"{self.issuer}/jwks",
        } | self.described

    def authorize(self, address):
        """Do what a browser would: go to the address, and return what it comes back with."""
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = secrets.token_urlsafe(16)
        self.codes[code] = self.asked
        return {"code": code, "state": self.asked["state"]}

    def token(self, form, authorization):
        client = base64.b64decode(authorization.partition(" ")[2]).decode()
        asked = self.codes.pop(form.get("code"), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode()
        fits = asked and challenge.rstrip("=") == asked["code_challenge"] and asked["code_challenge_method"] == "S256"
        if client != f"{CLIENT}:{SECRET}" or not fits or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        now = int(self.clock.now().timestamp())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        claims |= self.person | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        signed = self.forge(claims) if self.forge else jwt.encode(self.header, claims, self.key)
        return 200, {"access_token": "at", "token_type": "Bearer", "id_token": signed}

    def answer(self, path, form, authorization):
        self.hits.append(path)
        if path == "/.well-known/openid-configuration":
            return 200, self.description()
        if path == "/jwks":
            return 200, KeySet(self.keys).as_dict(private=False)
        if path == "/token":
            return self.token(form, authorization)
        return (200, self.userinfo) if path == "/userinfo" and authorization == "Bearer at" else (404, {})

    def rotate(self):
        self.key = ECKey.generate_key("P-256", parameters={"kid": "k2", "use": "sig"}, private=True)
        self.keys, self.header = [self.key], {"alg": "ES256", "kid": "k2"}


@contextmanager
def running(clock):
    """Serve a provider until the end of the block."""
    provider = FakeProvider(clock)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self, form=None):
            status, body = provider.answer(urlsplit(self.path).path, form, self.headers.get("authorization", ""))
            sent = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self.do_GET({name: values[0] for name, values in parse_qs(body).items()})

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.port = server.server_port
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()


def query(**values):
    return urlencode(values)
