"""What a teacher reads when a lesson or a gesture is refused. Joined to the others in `texts.py`."""


def N_(text: str) -> str:  # noqa: N802 - the name that pybabel looks for
    """Marks a text for translation."""
    return text


LESSON_TEXTS: dict[str, str] = {
    "no_devices": N_("Choisissez au moins une tablette pour commencer la séance."),
    "device_gone": N_("Une des tablettes n’est plus dans l’école. Rien n’a commencé : rechargez la page."),
    "no_lesson": N_("Cette séance n’existe pas, ou plus."),
    "lesson_over": N_("La séance est terminée : les tablettes sont libres. Commencez-en une autre pour agir."),
    "not_your_lesson": N_(
        "Cette séance est celle d’un autre enseignant : elle ne s’ouvre qu’à lui et à l’administrateur."
    ),
    "device_held": N_(
        "%(teacher)s utilise déjà %(count)s de ces tablettes. Rien n’a commencé : demandez-les, ou reprenez-les."
    ),
    "all_held": N_("Elles sont toutes avec %(teacher)s : demandez-les, ou reprenez-les."),
    "all_in_your_lesson": N_("Elles sont déjà toutes dans votre séance : revenez-y, ou reprenez-les."),
    "bad_end": N_("Cette fin n’est pas possible : une séance dure d’une minute à huit heures."),
    "device_not_in_lesson": N_("Une de ces tablettes n’est plus dans votre séance. Rien n’a été envoyé."),
    "gesture_id_taken": N_("Ce geste appartient à une autre séance. Rechargez la page."),
    "bad_gesture": N_("Ce geste n’est pas connu. Rien n’a été envoyé ; rechargez la page."),
    "bad_restriction": N_("Ce réglage n’est pas connu. Rien n’a été envoyé ; rechargez la page."),
    "bad_message": N_("Écrivez un message de 1 à 500 caractères. Rien n’a été envoyé."),
    "bad_link": N_("Cette adresse ne peut pas s’ouvrir : il faut une adresse de page web, en http ou https."),
    "bad_package": N_("Cette application n’est pas connue."),
    "no_document": N_("Ce document n’est plus sur le boîtier. Ajoutez-le de nouveau."),
    "bad_display": N_("Cet affichage n’est pas possible. L’écran n’a pas changé."),
    "no_screen": N_("Il n’y a pas d’écran dans cette séance, ou celui-ci n’y est plus. Rien n’a changé."),
    "bad_code": N_("Ce code n’ouvre rien. Vérifiez les six chiffres, ou demandez un autre code."),
    "too_many_codes": N_("Trop de codes ont été essayés. Rien n’est perdu : réessayez dans %(minutes)s min."),
    "guests_full": N_("Il y a déjà %(most)s invités dans cette séance. Retirez-en un, puis réessayez."),
    "no_such_link": N_("Cette adresse n’a pas été donnée à cet appareil."),
    "no_code": N_("L’accueil est fermé : il n’y a plus de code."),
    "no_guest": N_("Cet invité n’est plus dans la séance."),
    "own_address": N_(
        "Cette adresse est celle du boîtier : elle ne s’ouvre pas sur une tablette. "
        "Pour donner un document, utilisez « Donner »."
    ),
    "bad_favourite": N_("Ce favori ne peut pas être gardé."),
    "no_favourite": N_("Ce favori n’existe plus."),
    "too_many_favourites": N_("Vous avez déjà %(most)s favoris : retirez-en un avant d’en ajouter."),
    "no_request": N_("Cette demande n’existe plus."),
}

LESSON_REASONS: dict[str, str] = {
    "no_devices": N_("Choisissez au moins une tablette."),
    "in_the_past": N_("C’est déjà passé."),
    "own_address": N_("C’est l’adresse du boîtier."),
    "too_late": N_("Huit heures au plus."),
}
