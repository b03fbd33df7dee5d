"""A small identity service (统一身份认证服务) on this machine: discovery, authorize, token, keys, userinfo."""

import base64
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET, KID = "yiheng", "the-client's-secret", "k1"


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


_KEYS = (_key(), _key())


@dataclass
class Provider:
    """The service: who is asked for next (`sub`, `name`), and in which way it is wrong (`wrong`).

    `bare`: what it answers at an address, as it stands, instead of what is asked.
    """

    sub: str = "1001"
    name: str = "dan"
    wrong: str = ""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    address: str = ""
    bare: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                where = urlsplit(self.path)
                self._say(*provider.answer(where.path, dict(self.headers), {}))

            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: values[0] for name, values in parse_qs(text).items()}
                self._say(*provider.answer(self.path, dict(self.headers), form))

            def _say(self, status: int, content: Any) -> None:
                text = content.encode() if isinstance(content, str) else json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def authorize(self, where: str) -> dict[str, str]:
        """What a person does there: the query that the browser comes back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(where).query).items()}
        assert (asked["client_id"], asked["response_type"], asked["code_challenge_method"]) == (CLIENT, "code", "S256")
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def answer(self, path: str, headers: dict[str, str], form: dict[str, str]) -> tuple[int, Any]:
        if self.wrong == "html":
            return 200, "<html>maintenance</html>"
        if path in self.bare:
            return 200, self.bare[path]
        if path == "/.well-known/openid-configuration":
            ends = {"authorization_endpoint": "auth", "token_endpoint": "token", "userinfo_endpoint": "me"}
            found = {name: f"{self.address}/{end}" for name, end in ends.items()}
            return 200, found | {"issuer": self.address, "jwks_uri": f"{self.address}/keys"}
        if path == "/keys":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(_KEYS[0].public_key()))
            return 200, {"keys": [public | {"kid": KID, "alg": "RS256", "use": "sig"}]}
        if path == "/token":
            return self._token(form)
        assert headers["Authorization"] == "Bearer t"
        return 200, {"sub": "9999" if self.wrong == "two people" else self.sub, "preferred_username": self.name}

    def _token(self, form: dict[str, str]) -> tuple[int, Any]:
        asked = self.codes.pop(form["code"], None)
        verifier = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        fits = asked is not None and verifier.decode() == asked["code_challenge"]
        if not fits or (form["client_id"], form["client_secret"]) != (CLIENT, SECRET):
            return 400, {"error": "invalid_grant"}
        said = {"iss": self.address, "aud": CLIENT, "sub": self.sub, "exp": int(time.time()) + 60}
        said |= {"audience": {"aud": "another"}, "issuer": {"iss": "http://127.0.0.1:1"}, "late": {"exp": 1}}.get(
            self.wrong, {}
        )
        key = _KEYS[1] if self.wrong == "signature" else _KEYS[0]
        token = jwt.encode(said, key, algorithm="RS256", headers={"kid": "k9" if self.wrong == "key" else KID})
        if self.wrong == "unsigned":
            token = jwt.encode(said, None, algorithm="none", headers={"kid": KID})
        given = {"access_token": "t", "token_type": "Bearer"}
        return 200, given if self.wrong == "no token" else given | {"id_token": token}


def back(query: dict[str, str]) -> str:
    """Where the browser comes back to."""
    return f"/accounts/oidc/city/login/callback/?{urlencode(query)}"
