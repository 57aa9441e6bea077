"""Enrolling devices over HTTP with a link's token. Blocking: runs in a thread.

Errors are told in French: a teacher or a trainer reads them on the console.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests

from protocol.device import (
    EnrollmentAnswer,
    EnrollmentRequest,
    Malformed,
    encode_enrollment,
    parse_enrollment_answer,
)

TIMEOUT_SECONDS = (5.0, 20.0)
UNREACHABLE_TRIES = 5
LONGEST_WAIT_SECONDS = 300.0


class EnrollmentFailed(Exception):
    """Not to be tried again without a person; the text says what to do."""


@dataclass(frozen=True)
class EnrollmentLink:
    base: str
    token: str = field(repr=False)


def parse_link(url: str) -> EnrollmentLink:
    base, _, token = url.strip().rpartition("/t/")
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.hostname or not token or "/" in token:
        raise EnrollmentFailed(f"Ce n’est pas un lien d’inscription : {url!r} (attendu : http://boîtier/t/…).")
    return EnrollmentLink(base, token)


class Enroller:
    """`wait` sleeps and returns True when the simulator is ending; `tell` says why it takes longer."""

    def __init__(
        self, link: EnrollmentLink, wait: Callable[[float], bool], tell: Callable[[str], None], ca_path: str | None
    ) -> None:
        self._link = link
        self._wait = wait
        self._tell = tell
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = ca_path or True

    def close(self) -> None:
        self._session.close()

    def enroll(self, request: EnrollmentRequest) -> EnrollmentAnswer:
        unreachable = 0
        while True:
            try:
                response = self._post(request)
            except requests.RequestException as error:
                unreachable += 1
                self._wait_for_appliance(unreachable, type(error).__name__)
                continue
            if response.status_code == 201:
                return self._read(response)
            if response.status_code == 429:
                self._wait_as_told(response)
            elif response.status_code >= 500:
                unreachable += 1
                self._wait_for_appliance(unreachable, f"HTTP {response.status_code}")
            else:
                raise EnrollmentFailed(_why_refused(response))

    def _post(self, request: EnrollmentRequest) -> requests.Response:
        return self._session.post(
            f"{self._link.base}/api/devices",
            data=encode_enrollment(request),
            headers={"Content-Type": "application/json"},
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )

    def _read(self, response: requests.Response) -> EnrollmentAnswer:
        try:
            return parse_enrollment_answer(response.content)
        except Malformed as error:
            raise EnrollmentFailed(f"Réponse incompréhensible du boîtier : {error}.") from None

    def _wait_as_told(self, response: requests.Response) -> None:
        seconds = _retry_after(response)
        self._tell(f"Le boîtier demande d’attendre {math.ceil(seconds)} s avant la prochaine inscription.")
        if self._wait(seconds):
            raise EnrollmentFailed("Inscription interrompue.")

    def _wait_for_appliance(self, tries: int, why: str) -> None:
        if tries >= UNREACHABLE_TRIES:
            raise EnrollmentFailed(f"Boîtier injoignable à {self._link.base} ({why}). Est-il démarré ?")
        if self._wait(0.5 * tries):
            raise EnrollmentFailed("Inscription interrompue.")


def _why_refused(response: requests.Response) -> str:
    if response.status_code == 401:
        return "Lien d’inscription inconnu, expiré ou déjà utilisé autant de fois que prévu : créez-en un autre."
    if response.status_code == 422:
        return f"Le boîtier refuse la demande d’inscription : {_errors(response)}."
    return f"Le boîtier a répondu HTTP {response.status_code} : est-ce bien l’adresse d’un boîtier Préau ?"


def _errors(response: requests.Response) -> str:
    try:
        errors = response.json()["errors"]
        return ", ".join(f"{name} : {why}" for name, why in errors.items())
    except (ValueError, KeyError, TypeError, AttributeError):
        return "sans explication"


def _retry_after(response: requests.Response) -> float:
    try:
        seconds = float(response.headers.get("Retry-After", "5"))
    except ValueError:
        seconds = 5.0
    return min(LONGEST_WAIT_SECONDS, max(0.1, seconds))
