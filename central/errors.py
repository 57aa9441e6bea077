"""Every error that crosses a module's border at the city's server.

    CityError                  code, params; status = HTTP; retry = trying again can help
    ├── Invalid        422     the caller's input is wrong; `fields` says where
    ├── NotSignedIn    401
    ├── Denied         403     signed in, or a known appliance, but not allowed
    ├── NotFound       404
    ├── Conflict       409     true, but not now; of a batch: `cursor` says from where to send
    ├── TooLarge       413
    ├── WrongVersion   426     a version of the wire that is not spoken here
    ├── TooMany        429     retry after `retry_after` seconds
    ├── Unavailable    503     the database or the disk is not there for the moment
    └── CannotStart    500     the server cannot start; the text is for the console

`code` is a stable English word; the web layer turns it into a sentence in the user's language, with `params` filled in.
"""

from collections.abc import Mapping
from typing import ClassVar


class CityError(Exception):
    """Base of the tree. `code` chooses the sentence that is shown; `params` fill its blanks."""

    status: ClassVar[int] = 500
    retry: ClassVar[bool] = False

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        shown = " ".join(f"{key}={value!r}" for key, value in self.params.items())
        return f"{self.code} {shown}".strip()


class Invalid(CityError):
    """Input that no retry will make right. `fields`: field name -> reason code."""

    status = 422

    def __init__(self, code: str, fields: Mapping[str, str] | None = None, **params: object) -> None:
        super().__init__(code, **params)
        self.fields = dict(fields or {})


class NotSignedIn(CityError):
    status = 401


class Denied(CityError):
    status = 403


class NotFound(CityError):
    status = 404


class Conflict(CityError):
    status = 409


class TooLarge(CityError):
    status = 413


class WrongVersion(CityError):
    status = 426


class TooMany(CityError):
    """`retry_after`: whole seconds."""

    status = 429
    retry = True

    def __init__(self, code: str, retry_after: int, **params: object) -> None:
        super().__init__(code, **params)
        self.retry_after = retry_after


class Unavailable(CityError):
    status = 503
    retry = True


class CannotStart(CityError):
    """`message` is a whole sentence for the console, with what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.message = message

    def __str__(self) -> str:
        return self.message
