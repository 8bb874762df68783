"""Who may talk to the server: browsers of this machine, and elsewhere those who hold the token."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

COOKIE = "pomp_access_"
"""What a cookie's name begins with. Digits of the token follow, since cookies ignore ports: two servers of a host."""

PARAMETER = "token"
_REFUSAL = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Token needed</title>
<body style="font-family: sans-serif; max-width: 40rem; margin: 4rem auto">
<h1>This dashboard asks for a token</h1>
<p>Open it once with the address that its server printed, which ends in <code>?token=…</code>.</p></body></html>"""


def is_loopback(address: str) -> bool:
    """True if only this machine reaches the address."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def access_middleware(address: str, token: str | None) -> list[Middleware]:
    """On a loopback address, its names only (other sites' names may point there); elsewhere, the token."""
    if token is not None:
        return [Middleware(SafeHeaders), Middleware(TokenGate, token=token)]
    names = ["127.0.0.1", "localhost", "[::1]", "::1", address]
    return [Middleware(SafeHeaders), Middleware(TrustedHostMiddleware, allowed_hosts=names, www_redirect=False)]


class SafeHeaders:
    """On every answer: no page of another site may show it in a frame, and no browser guesses what a file is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.append("Content-Security-Policy", "frame-ancestors 'self'")
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        await self.app(scope, receive, send_with_headers)


class TokenGate:
    """Lets in who brings ``?token=…`` once; a cookie remembers it. Pages, tiles and websockets alike."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self.app = app
        self.token = token
        self.proof = hashlib.sha256(f"pomp access {token}".encode()).hexdigest()
        self.cookie = COOKIE + self.proof[:8]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"} or self._has_cookie(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(code=1008, reason="token needed")(scope, receive, send)
        elif self._has_token(scope):
            await self._welcome(scope)(scope, receive, send)
        else:
            await HTMLResponse(_REFUSAL, status_code=401, headers={"Cache-Control": "no-store"})(scope, receive, send)

    def _has_cookie(self, scope: Scope) -> bool:
        cookie = HTTPConnection(scope).cookies.get(self.cookie, "")
        return hmac.compare_digest(cookie.encode(), self.proof.encode())

    def _has_token(self, scope: Scope) -> bool:
        given = dict(_query(scope)).get(PARAMETER, "")
        return hmac.compare_digest(given.encode(), self.token.encode())

    def _welcome(self, scope: Scope) -> RedirectResponse:
        """To the same page without the token, which then stands in no history and no log."""
        rest = urlencode([(name, value) for name, value in _query(scope) if name != PARAMETER])
        path = "/" + scope["path"].lstrip("/\\")
        response = RedirectResponse(f"{path}?{rest}" if rest else path, status_code=303)
        response.set_cookie(self.cookie, self.proof, httponly=True, samesite="lax", secure=scope["scheme"] == "https")
        return response


def _query(scope: Scope) -> list[tuple[str, str]]:
    return parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
