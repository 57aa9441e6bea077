"""What people read when something is refused: one sentence or two per code of `central/errors.py`.

It says what happened, what is safe, what to do; never whose fault it is. The French text is the key that is translated.
Texts of other pages' errors: `page_texts`.
"""

from flask_babel import get_domain, get_locale, gettext

from central.errors import CityError, Invalid, TooMany
from central.web.marks import N_
from central.web.page_texts import PAGE_REASONS, PAGE_TEXTS
from central.web.setting_texts import SETTING_REASONS, SETTING_TEXTS
from central.web.typography import typeset

GENERAL = N_(
    "Cela n’a pas pu être fait, et rien n’a été changé. Réessayez ; si cela continue, prévenez l’administrateur."
)

TEXTS: dict[str, str] = {
    **PAGE_TEXTS,
    **SETTING_TEXTS,
    "bad_credentials": N_("L’identifiant ou le mot de passe n’est pas le bon."),
    "bad_code": N_("Ce code n’est pas le bon, ou il a déjà servi. Attendez le suivant."),
    "bad_passkey": N_("Cette clé d’accès n’est pas connue ici. Essayez-en une autre, ou le mot de passe."),
    "ceremony_over": N_("La demande a expiré. Recommencez."),
    "passkey_known": N_("Cette clé d’accès est déjà enregistrée."),
    "signed_out": N_("Connectez-vous pour continuer."),
    "session_over": N_("Votre connexion a expiré. Reconnectez-vous ; ce qui était enregistré l’est toujours."),
    "second_step": N_("Encore une étape pour entrer."),
    "too_many_tries": N_("Trop d’essais. Réessayez dans %(minutes)s min ; une clé d’accès fonctionne tout de suite."),
    "invitation_over": N_("Ce lien d’invitation a déjà servi, ou n’est plus valable. Demandez-en un autre."),
    "not_for_your_role": N_("Votre rôle n’ouvre pas cette page."),
    "undeclared": N_("Cette page n’est ouverte à personne : prévenez l’administrateur."),
    "wrong_current_password": N_("Votre mot de passe actuel n’est pas celui-là. Rien n’a été changé."),
    "last_factor": N_("C’est votre dernière façon d’entrer avec sûreté : ajoutez-en une autre avant."),
    "csrf": N_("Cette page était ouverte depuis trop longtemps. Rien n’a été changé : rechargez-la et recommencez."),
    "other_site": N_("Cette demande vient d’un autre site. Par sécurité, rien n’a été changé."),
    "oidc_refused": N_("L’annuaire n’a pas confirmé votre identité. Réessayez, ou entrez d’une autre façon."),
    "oidc_unknown": N_("L’annuaire vous connaît, mais aucun compte ne vous attend ici. Demandez une invitation."),
    "oidc_away": N_("L’annuaire ne répond pas. Entrez d’une autre façon, ou réessayez plus tard."),
    "bad_name": N_("Ce nom ne peut pas être enregistré."),
    "bad_login": N_("Cet identifiant ne peut pas être enregistré."),
    "bad_email": N_("Cette adresse ne peut pas être enregistrée."),
    "bad_password": N_("Ce mot de passe ne peut pas être enregistré."),
    "bad_role": N_("Ce rôle n’existe pas."),
    "bad_school": N_("Une direction d’école a une école : choisissez-la."),
    "bad_language": N_("Cette langue n’est pas proposée."),
    "login_taken": N_("L’identifiant « %(login)s » est déjà pris : choisissez-en un autre."),
    "unknown_account": N_("Ce compte n’existe pas, ou plus."),
    "account_off": N_("Ce compte est désactivé : réactivez-le d’abord."),
    "last_administrator": N_("C’est le dernier administrateur : nommez-en un autre avant."),
    "not_yourself": N_("Vous ne pouvez pas retirer vos propres droits : demandez à un autre administrateur."),
    "unknown_school": N_("Cette école n’existe pas, ou n’est pas la vôtre."),
    "unknown_device": N_("Cet appareil n’existe pas, ou n’est pas de votre école."),
    "unknown_appliance": N_("Ce boîtier n’existe pas, ou n’est pas de votre école."),
    "bad_request": N_("La demande était incomplète. Rien n’a été changé ; rechargez la page et réessayez."),
    "too_large": N_("C’est trop volumineux : %(limit)s au plus. Rien n’a été enregistré."),
    "not_found": N_("Cette page n’existe pas, ou plus."),
    "wrong_method": N_("Cette adresse ne se visite pas ainsi. Revenez à l’accueil."),
    "address_too_long": N_("Cette adresse est trop longue. Cherchez avec moins de mots."),
    "failure": N_(
        "Le serveur a rencontré une erreur, et l’a notée (référence %(reference)s). "
        "Ce qui était enregistré l’est toujours. Réessayez ; si cela continue, prévenez l’administrateur."
    ),
    "too_busy": N_("Le serveur est très occupé. Rien n’a été changé ; réessayez dans un instant."),
    "database_busy": N_("Le serveur est très occupé. Rien n’a été changé ; réessayez dans un instant."),
    "database_away": N_("La base de données ne répond pas. Les écoles continuent sans elle ; réessayez bientôt."),
    "disk_full": N_("Le serveur n’a plus de place. Rien n’a été changé ; prévenez l’administrateur."),
}

REASONS: dict[str, str] = {
    **PAGE_REASONS,
    **SETTING_REASONS,
    "missing": N_("À remplir."),
    "wrong_type": N_("Ce n’est pas la bonne forme."),
    "too_long": N_("C’est trop long."),
    "too_short": N_("C’est trop court."),
    "forbidden_character": N_("Un caractère n’est pas accepté ici."),
    "unknown_value": N_("Cette valeur n’est pas connue."),
    "too_common": N_("C’est trop facile à deviner."),
    "wrong_password": N_("Ce n’est pas votre mot de passe actuel."),
    "wrong_code": N_("Ce code n’est pas le bon."),
    "out_of_range": N_("Ce nombre n’est pas dans les limites."),
}
_PASSWORD_SHORT = N_("Douze caractères au moins : plusieurs mots font un bon mot de passe.")

TITLES: dict[int, str] = {
    401: N_("Connectez-vous"),
    403: N_("Cette page ne vous est pas ouverte"),
    404: N_("Page introuvable"),
    409: N_("Ce n’est pas possible maintenant"),
    413: N_("C’est trop volumineux"),
    414: N_("C’est trop long"),
    422: N_("Quelque chose est à corriger"),
    429: N_("Trop d’essais"),
    500: N_("Le serveur a rencontré une erreur"),
    503: N_("Le serveur est très occupé"),
}
_TITLES_OF_CODES = {"disk_full": N_("Le serveur n’a plus de place")}
_TITLE = N_("Cela n’a pas pu être fait")


def text_of(error: CityError) -> str:
    """For people, in their language; codes that have no text get a general one."""
    shown = dict(error.params)
    if isinstance(error, TooMany):
        shown["minutes"] = -(-error.retry_after // 60)
    try:
        return filled(TEXTS.get(error.code, GENERAL), **shown)
    except KeyError:  # a text wants what this error does not carry
        return translate(GENERAL)


def language() -> str:
    locale = get_locale()
    return "fr" if locale is None else str(locale.language)


def translate(text: str) -> str:
    """Into the reader's language, with that language's spaces; `%(blanks)s` stay."""
    return typeset(str(gettext(text)), language())


def filled(text: str, **shown: object) -> str:
    """`translate`, with its blanks filled in. Views call it `_`."""
    found = translate(text)
    return found % shown if "%(" in found else found


def translate_number(singular: str, plural: str, number: int) -> str:
    """With its blanks, which the caller fills in: Babel's own would fill in the number that chose the form."""
    # "0 école" in French, "0 schools" in English; French has no catalog that could say so
    counted = 1 if language() == "fr" and number == 0 else number
    return typeset(get_domain().get_translations().ungettext(singular, plural, counted), language())


def reason(word: str, field: str = "") -> str:
    if field == "password" and word == "too_short":
        return translate(_PASSWORD_SHORT)
    return translate(REASONS.get(word, REASONS["wrong_type"]))


def field_texts(error: CityError | None) -> dict[str, str]:
    """Field -> what is wrong with it; nothing for errors that are about no field."""
    return {name: reason(word, name) for name, word in error.fields.items()} if isinstance(error, Invalid) else {}


def title(status: int, code: str = "") -> str:
    return translate(_TITLES_OF_CODES.get(code) or TITLES.get(status, _TITLE))
