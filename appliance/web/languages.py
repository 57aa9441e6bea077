"""In which language a page is: whom it is for chose one, among those that the city offers here. French above all."""

from flask import g, request, session

from appliance.domain.people import Language
from appliance.errors import Invalid
from appliance.services.city_wishes import offered_languages
from appliance.store.trouble import STORE_ERRORS

_NAMES = {Language.FRENCH: "Français", Language.ENGLISH: "English"}
_STORE_ERRORS: tuple[type[Exception], ...] = STORE_ERRORS


def offered() -> tuple[Language, ...]:
    """French first; all that there are where no city has said otherwise, or the store cannot be asked."""
    if "offered_languages" not in g:
        try:
            wanted = offered_languages()
        except _STORE_ERRORS:
            wanted = ()
        g.offered_languages = tuple(one for one in Language if one in wanted) or tuple(Language)
    found: tuple[Language, ...] = g.offered_languages
    return found


def choose_language() -> str:
    """The person's, else what this browser chose, else what it asks for, else French."""
    found = g.get("session")
    asked = [tag.partition("-")[0].lower() for tag in request.accept_languages.values()]
    wishes = [session.get("lang"), *asked] if found is None else [str(found.language)]
    return next((str(one) for one in wishes if one in offered()), str(offered()[0]))


def checked_language(wanted: str) -> Language:
    """One that is offered here. Raises Invalid."""
    if wanted not in offered():
        raise Invalid("bad_language", {"lang": "unknown_value"})
    return Language(wanted)


def choices() -> list[tuple[str, str]]:
    """(code, its own name) of what is offered."""
    return [(one.value, _NAMES[one]) for one in offered()]
