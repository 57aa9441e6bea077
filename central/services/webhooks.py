"""Sends an alert's message to an address over HTTP, as JSON: for a city's own chat or ticket system.

The address is an administrator's. Nothing of the answer is kept but whether it was taken; redirects are not followed.
"""

from collections.abc import Mapping

from central.services.notifications import CannotSend

_TIMEOUT_SECONDS = (5, 15)
_USER_AGENT = "preau-central"


class Webhook:
    def send(self, address: str, payload: Mapping[str, object]) -> str:
        # Here, because few cities have one, and every process of the server would carry a large library.
        import requests

        try:
            answer = requests.post(
                address,
                json=dict(payload),
                timeout=_TIMEOUT_SECONDS,
                allow_redirects=False,
                headers={"User-Agent": _USER_AGENT},
                stream=True,  # what it says is not read: it may be without end
            )
        except (requests.RequestException, ValueError) as error:  # ValueError: an address that no wire takes
            raise CannotSend(type(error).__name__) from error
        with answer:
            if not 200 <= answer.status_code < 300:
                raise CannotSend(f"HTTP {answer.status_code}")
            return f"HTTP {answer.status_code}"
