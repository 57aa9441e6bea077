"""Which device asks over HTTP: its password, or, for documents that a page shows, the cookie that stands for it.

`<video>`, `<img>` and downloads carry no password. The cookie goes to `/documents` only, opens documents only, and ends
with the password for which it was given.
"""

import hmac

from flask import Flask, Request, Response, request
from itsdangerous import BadSignature, URLSafeSerializer

from appliance.bootstrap import Services
from appliance.config import Config
from appliance.errors import NotSignedIn
from appliance.web.limits import FailureLimit, address_key

_PATH = "/documents"
_BASIC = 'Basic realm="preau", charset="UTF-8"'
_BY_PAGE = 'Preau realm="preau"'


class DeviceAuth:
    def __init__(self, app: Flask, config: Config, services: Services) -> None:
        self._enrollment = services.enrollment
        self._serializer = URLSafeSerializer(app.secret_key or b"", salt="pupil-documents")
        self._name = f"{'__Secure-' if config.tls else ''}preau-{config.http_port}-pupil"
        self._secure = config.tls
        # Failures only, and many: the tablets of a school may share one address.
        self.failures = FailureLimit(120, 60)

    def by_password(self) -> str:
        """The device's id. Raises NotSignedIn, TooMany."""
        given = request.authorization
        if given is None or given.type != "basic":
            raise NotSignedIn("bad_device_credentials")
        address = address_key(request.remote_addr)
        self.failures.check(address)
        try:
            return self._enrollment.authenticate(given.username or "", given.password or "")
        except NotSignedIn:
            self.failures.count(address)
            raise

    def by_password_or_cookie(self) -> str:
        """A password that is shown counts, be it wrong."""
        value = request.cookies.get(self._name)
        return self._by_cookie(value) if value and request.authorization is None else self.by_password()

    def give_cookie(self, response: Response, device_id: str) -> None:
        """Without an age: it leaves with the browser, or earlier with the password."""
        value = self._serializer.dumps([device_id, self._enrollment.credential_mark(device_id)])
        response.set_cookie(self._name, str(value), path=_PATH, secure=self._secure, httponly=True, samesite="Strict")

    def take_cookie(self, response: Response) -> None:
        response.delete_cookie(self._name, path=_PATH, secure=self._secure, httponly=True, samesite="Strict")

    def _by_cookie(self, value: str) -> str:
        try:
            device_id, mark = self._serializer.loads(value)
        except (BadSignature, ValueError, TypeError):
            raise NotSignedIn("bad_device_credentials") from None
        present = self._enrollment.credential_mark(str(device_id))
        if not present or not hmac.compare_digest(str(mark), present):
            raise NotSignedIn("bad_device_credentials")
        return str(device_id)


def challenge(request: Request) -> str:
    """For WWW-Authenticate. A browser that is told `Basic` would ask a child for a user name."""
    return _BY_PAGE if "Mozilla/" in request.headers.get("User-Agent", "") else _BASIC
