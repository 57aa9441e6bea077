"""What people read when something is refused: one sentence or two per code of `appliance/errors.py`.

It says what happened, what is safe, what to do; never whose fault it is. The French text is the key that is translated.
"""

from flask_babel import get_domain, get_locale, gettext

from appliance.errors import Invalid, PreauError, TooMany
from appliance.web.admin_texts import ADMIN_REASONS, ADMIN_TEXTS
from appliance.web.lesson_texts import LESSON_REASONS, LESSON_TEXTS
from appliance.web.typography import typeset


def N_(text: str) -> str:  # noqa: N802 - the name that pybabel looks for
    """Marks a text for translation; `gettext` is called when somebody reads it."""
    return text


GENERAL = N_(
    "Cela n’a pas pu être fait, et rien n’a été changé. Réessayez ; si cela continue, prévenez l’administrateur."
)

TEXTS: dict[str, str] = {
    **ADMIN_TEXTS,
    **LESSON_TEXTS,
    # signing in
    "bad_credentials": N_("L’identifiant ou le mot de passe n’est pas le bon."),
    "signed_out": N_("Vous n’êtes pas connecté. La séance en cours continue ; connectez-vous pour agir."),
    "session_over": N_("Votre connexion a expiré. La séance en cours continue ; reconnectez-vous pour agir."),
    "bad_pin": N_("Ce n’est pas le bon code. Essais restants : %(left)s."),
    "pin_over": N_("Ce code ne peut plus servir ici. Connectez-vous avec votre mot de passe."),
    "bad_setup_code": N_("Ce n’est pas le code affiché sur la console du boîtier. Il change à chaque démarrage."),
    "already_set_up": N_("Ce boîtier a déjà un administrateur : connectez-vous."),
    "unknown_invitation": N_(
        "Ce lien d’invitation n’est plus valable : il a déjà servi ou il a plus de sept jours. "
        "Demandez-en un autre à l’administrateur."
    ),
    "too_many_tries": N_("Trop d’essais d’affilée. Rien n’est perdu : réessayez dans %(minutes)s min."),
    "too_busy": N_("Le boîtier est très occupé. Rien n’a été changé ; réessayez dans un instant."),
    "password_needed": N_("Cette page demande votre mot de passe : le code court ne suffit pas."),
    "administrators_only": N_("Cette page est réservée à l’administrateur de l’école."),
    "wrong_current_password": N_("Votre mot de passe actuel n’est pas celui-là. Rien n’a été changé."),
    "csrf": N_("Cette page était ouverte depuis trop longtemps. Rien n’a été changé : rechargez-la et recommencez."),
    "other_site": N_("Cette demande vient d’un autre site. Par sécurité, rien n’a été changé."),
    # what is typed
    "bad_name": N_("Ce nom ne peut pas être enregistré."),
    "bad_login": N_("Cet identifiant ne peut pas être enregistré."),
    "bad_password": N_("Ce mot de passe ne peut pas être enregistré."),
    "bad_role": N_("Ce rôle n’existe pas."),
    "bad_language": N_("Cette langue n’est pas proposée."),
    "login_taken": N_("L’identifiant « %(login)s » est déjà pris : choisissez-en un autre."),
    "unknown_user": N_("Cette personne n’existe pas, ou plus."),
    "user_of_the_city": N_("Ce compte est tenu par la ville : c’est elle qui le change."),
    "user_inactive": N_("Ce compte est désactivé : réactivez-le d’abord."),
    "last_administrator": N_("C’est le dernier administrateur : nommez-en un autre avant."),
    "not_yourself": N_("Vous ne pouvez pas retirer vos propres droits : demandez à un autre administrateur."),
    "not_a_teacher": N_("Une séance se donne à une personne de l’école : reconnectez-vous."),
    "bad_request": N_("La demande était incomplète. Rien n’a été changé ; rechargez la page et réessayez."),
    "too_large": N_("C’est trop volumineux : %(limit)s au plus. Rien n’a été enregistré."),
    # devices
    "bad_token": N_("Ce lien d’inscription n’est pas valable, ou plus. Demandez-en un autre à l’administrateur."),
    "bad_device_credentials": N_("Cet appareil n’est pas, ou plus, inscrit dans cette école."),
    "busy_files": N_("Le boîtier envoie déjà beaucoup de documents. Réessayez dans quelques secondes."),
    "no_package": N_("Cette application n’est pas gardée sur le boîtier."),
    # the box
    "not_found": N_("Cette page n’existe pas, ou plus."),
    "wrong_method": N_("Cette adresse ne se visite pas ainsi. Revenez à l’accueil."),
    "failure": N_(
        "Le boîtier a rencontré une erreur, et l’a notée (référence %(reference)s). "
        "Ce qui était enregistré l’est toujours. Réessayez ; si cela continue, prévenez l’administrateur."
    ),
    "store_busy": N_("Le boîtier est très occupé. Rien n’a été changé ; réessayez dans un instant."),
    "disk_full": N_("Le boîtier n’a plus de place. Rien n’a été changé ; l’administrateur peut libérer des documents."),
}

REASONS: dict[str, str] = {
    **ADMIN_REASONS,
    **LESSON_REASONS,
    "missing": N_("À remplir."),
    "wrong_type": N_("Ce n’est pas la bonne forme."),
    "too_long": N_("C’est trop long."),
    "too_short": N_("C’est trop court."),
    "forbidden_character": N_("Un caractère n’est pas accepté ici."),
    "unknown_value": N_("Cette valeur n’est pas connue."),
    "too_common": N_("C’est trop facile à deviner."),
    "wrong_password": N_("Ce n’est pas votre mot de passe actuel."),
    "wrong_length": N_("Quatre à six chiffres."),
    "not_digits": N_("Des chiffres seulement."),
    "out_of_range": N_("Ce nombre n’est pas dans les limites."),
    "too_many": N_("Un seul à la fois."),
    "not_json": N_("Ce n’est pas la bonne forme."),
}
_PASSWORD_SHORT = N_("Dix caractères au moins : plusieurs mots font un bon mot de passe.")

TITLES: dict[int, str] = {
    401: N_("Connectez-vous"),
    403: N_("Cette page ne vous est pas ouverte"),
    404: N_("Page introuvable"),
    409: N_("Ce n’est pas possible maintenant"),
    413: N_("C’est trop volumineux"),
    422: N_("Quelque chose est à corriger"),
    429: N_("Trop d’essais"),
    500: N_("Le boîtier a rencontré une erreur"),
    503: N_("Le boîtier est très occupé"),
}
_TITLE = N_("Cela n’a pas pu être fait")


def text_of(error: PreauError) -> str:
    """For people, in their language; codes that have no text get a general one."""
    shown = dict(error.params)
    if isinstance(error, TooMany):
        shown["minutes"] = -(-error.retry_after // 60)
    try:
        return filled(TEXTS.get(error.code, GENERAL), **shown)
    except KeyError:  # a text wants what this error does not carry
        return translate(GENERAL)


def translate(text: str) -> str:
    """Into the reader's language, with that language's spaces; `%(blanks)s` stay."""
    locale = get_locale()
    return typeset(str(gettext(text)), "fr" if locale is None else locale.language)


def filled(text: str, **shown: object) -> str:
    """`translate`, with its blanks filled in. Views call it `_`."""
    found = translate(text)
    return found % shown if "%(" in found else found


def translate_number(singular: str, plural: str, number: int) -> str:
    """With its blanks, which the caller fills in: Babel's own would fill in the number that chose the form."""
    locale = get_locale()
    language = "fr" if locale is None else locale.language
    # "0 tablette" in French, "0 tablets" in English; French has no catalog that could say so
    counted = 1 if language == "fr" and number == 0 else number
    return typeset(get_domain().get_translations().ungettext(singular, plural, counted), language)


def reason(word: str, field: str = "") -> str:
    if field == "password" and word == "too_short":
        return translate(_PASSWORD_SHORT)
    return translate(REASONS.get(word, REASONS["wrong_type"]))


def field_texts(error: PreauError | None) -> dict[str, str]:
    """Field -> what is wrong with it; nothing for errors that are about no field."""
    return {name: reason(word, name) for name, word in error.fields.items()} if isinstance(error, Invalid) else {}


def title(status: int) -> str:
    return translate(TITLES.get(status, _TITLE))
