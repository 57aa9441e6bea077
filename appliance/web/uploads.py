"""Forms with more in them than a form usually holds: one file, or a long field. Read once, where their owner wants it.

Flask would copy a large file to a temporary folder before anybody looks at it. The forms' token is therefore checked
here, from the header before the first byte is read, or from the form once it was read; blueprints that use this are
exempt from the general check, and a test walks every route to see that each one refuses.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from flask import request
from flask_wtf.csrf import ValidationError, validate_csrf
from werkzeug.datastructures import MultiDict
from werkzeug.formparser import FormDataParser

from appliance.errors import Denied, Invalid

FORM_ROOM_BYTES = 64 * 1024  # for the other fields and the parts' heads, beside the file
_FIELD_BYTES = 1024 * 1024  # the parser counts its own buffer of file content in it: less fails on large files
_MAX_PARTS = 20
_HEADERS = ("X-CSRFToken", "X-CSRF-Token")


@dataclass(frozen=True, slots=True)
class Upload:
    """`name` is what the sender calls the file."""

    name: str
    fields: dict[str, str]


class _OneFile:
    """Opens the target for the first file; a second one is refused. Werkzeug calls it, by these names."""

    def __init__(self, open_target: Callable[[], IO[bytes]]) -> None:
        self._open_target = open_target
        self.names: list[str] = []

    def __call__(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        if self.names:
            raise Invalid("one_file_only", {"file": "too_many"})
        self.names.append(filename or "")
        return self._open_target()


def read_upload(open_target: Callable[[], IO[bytes]]) -> Upload:
    """Writes the file of the field `file` into what `open_target` gives. Raises Denied (no token) or Invalid."""
    files = _OneFile(open_target)
    form, found = _read(files, _FIELD_BYTES)
    if "file" not in found or not files.names[0]:
        raise Invalid("no_file", {"file": "missing"})
    return Upload(files.names[0], form.to_dict())


def read_long_form(room: int) -> dict[str, str]:
    """Fields only, `room` bytes of them in all."""
    form, _ = _read(_OneFile(_no_file), room)
    return form.to_dict()


def _read(files: _OneFile, room: int) -> tuple[MultiDict[str, str], MultiDict[str, object]]:
    token = next((request.headers[name] for name in _HEADERS if name in request.headers), None)
    if token is not None or request.mimetype != "multipart/form-data":
        _check(token)
    parser = FormDataParser(files, max_form_memory_size=room, max_form_parts=_MAX_PARTS, silent=False)
    try:
        _, form, found = parser.parse(request.stream, request.mimetype, request.content_length, request.mimetype_params)
    except ValueError:
        raise Invalid("bad_request") from None
    if token is None:
        _check(form.get("csrf_token"))
    return form, found  # type: ignore[return-value]  # files are opaque here


def _no_file() -> IO[bytes]:
    raise Invalid("bad_request")


def _check(token: str | None) -> None:
    try:
        validate_csrf(token)
    except ValidationError:
        raise Denied("csrf") from None
