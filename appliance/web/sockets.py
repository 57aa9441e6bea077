"""In front of Socket.IO: who is not signed in never reaches it, and it never takes all threads.

Socket.IO asks its handler only after a client has said hello on an open connection, and each of those holds a thread:
a class of pupils with sixty silent connections would close the pages to the teachers.
"""

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Request

from appliance.bootstrap import Services
from appliance.errors import NotSignedIn
from appliance.store.models import database
from appliance.web.sessions import Cookies

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATH = "/socket.io/"


class SocketGate:
    """`at_once`: open WebSockets and waiting polls together."""

    def __init__(self, sockets: "WSGIApplication", services: Services, cookies: Cookies, at_once: int) -> None:
        self._sockets = sockets
        self._services = services
        self._cookies = cookies
        self._free = threading.BoundedSemaphore(at_once)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith(PATH):
            return self._sockets(environ, start_response)
        if not self._is_signed_in(environ):
            return _refuse(start_response, "401 Unauthorized")
        if not self._free.acquire(blocking=False):
            return _refuse(start_response, "503 Service Unavailable")
        try:
            # Engine.IO answers when it is done: for a WebSocket, when that is closed.
            return self._sockets(environ, start_response)
        finally:
            self._free.release()

    def _is_signed_in(self, environ: "WSGIEnvironment") -> bool:
        with database.connection_context():
            try:
                self._services.sign_in.sessions.find(self._cookies.read_session(Request(environ)))
            except NotSignedIn:
                return False
        return True


def _refuse(start_response: "StartResponse", status: str) -> Iterable[bytes]:
    start_response(status, [("Content-Length", "0"), ("Cache-Control", "no-store"), ("Retry-After", "10")])
    return []
