"""What every way in shares: the new session, its cookie, the form's new token, the way on and the way out."""

from flask import Response, g, jsonify, make_response, redirect, request, session, url_for

from central.bootstrap import Services
from central.domain.roles import Viewer
from central.domain.sign_in import LINK
from central.errors import CityError, TooMany
from central.services.attempts import address_key
from central.web.cookies import Cookies
from central.web.security import sender


class Entrance:
    def __init__(self, services: Services, cookies: Cookies) -> None:
        self._services = services
        self._cookies = cookies

    def let_in(self, person: Viewer, target: str, is_strong: bool = False) -> Response:
        return self._opened(redirect(target, 303), person, is_strong)

    def let_in_script(self, person: Viewer, target: str) -> Response:
        """For a page whose script brought a passkey: it goes on by itself."""
        return self._opened(jsonify(next=target), person, is_strong=True)

    def renewed(self, response: Response) -> Response:
        """Something about the way in has changed: the same person, a new session, as strong as before or stronger."""
        return self._opened(response, g.session.viewer, is_strong=True)

    def leave(self, everywhere: bool) -> Response:
        if everywhere and g.session is not None:
            self._services.sessions.close_all(g.session.viewer, g.session.viewer.account_id)
        self._services.sessions.close(self._cookies.read(request))
        session.clear()
        response = make_response(redirect(url_for("people.sign_in"), 303))
        self._cookies.drop(response)
        return response

    def invited(self, token: str) -> Viewer:
        with self._services.attempts.attempt((LINK, address_key(sender()))):
            return self._services.accounts.invited(token)

    def _opened(self, response: object, person: Viewer, is_strong: bool) -> Response:
        token = self._services.sessions.open(person.account_id, is_strong, self._cookies.read(request))
        session.clear()
        answer = make_response(response)
        self._cookies.set(answer, token)
        return answer


def answer(page: str, problem: CityError | None) -> Response:
    """The page again, with the status of what went wrong."""
    response = make_response(page, 200 if problem is None else problem.status)
    if isinstance(problem, TooMany):
        response.headers["Retry-After"] = str(problem.retry_after)
    return response
