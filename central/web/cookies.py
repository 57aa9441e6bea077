"""The two cookies: the session's word, and Flask's signed one, which carries the form's token and the language.

`__Host-` over https: no other host of the domain can set it. On plain http (a desk of one's own) the port is in the
name, because cookies do not know ports.
"""

import secrets

from flask import Flask, Request, Response, g, request

from central.config import Config
from central.errors import NotSignedIn
from central.keys.folder import KeyFolder
from central.services.sessions import Sessions


class Cookies:
    def __init__(self, config: Config) -> None:
        self.secure = config.console_url.startswith("https:")
        self.session = "__Host-preau-city" if self.secure else f"preau-city-{config.http_port}"
        self.form = f"{self.session}-form"

    def read(self, request: Request) -> str:
        return request.cookies.get(self.session, "")

    def set(self, response: Response, token: str) -> None:
        """Without an age: it leaves with the browser; the server ends it earlier."""
        response.set_cookie(self.session, token, secure=self.secure, httponly=True, samesite="Lax", path="/")

    def drop(self, response: Response) -> None:
        response.delete_cookie(self.session, secure=self.secure, httponly=True, samesite="Lax", path="/")


def load_sessions(app: Flask, sessions: Sessions, cookies: Cookies) -> None:
    """`g.session`: the OpenSession of each request that has one, else None."""
    app.config.update(
        SESSION_COOKIE_NAME=cookies.form,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=cookies.secure,
    )

    @app.before_request
    def load() -> None:
        g.session = g.refusal = None
        token = cookies.read(request)
        if not token or request.endpoint in ("static", "house", None):
            return
        try:
            g.session = sessions.find(token)
        except NotSignedIn as refusal:
            g.refusal = refusal


def form_key(folder: KeyFolder) -> bytes:
    """Signs forms' tokens; the same for all workers."""
    return folder.made_once("session-key", lambda: secrets.token_hex(32).encode())
