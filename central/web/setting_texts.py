"""Sentences for the errors of the console's own settings: mail, recipients, thresholds, holidays. See `texts`."""

from central.web.marks import N_

SETTING_TEXTS: dict[str, str] = {
    "bad_smtp": N_("Ces réglages de courriel ne peuvent pas être enregistrés. Rien n’a été changé."),
    "bad_recipient": N_("Cette adresse ne peut pas être prévenue."),
    "recipient_known": N_("« %(address)s » est déjà prévenu pour la même chose."),
    "too_many_recipients": N_("C’est trop de destinataires : deux cents au plus."),
    "bad_thresholds": N_("Un de ces seuils n’est pas possible. Rien n’a été changé."),
    "bad_holidays": N_("Une de ces périodes n’est pas possible. Rien n’a été changé."),
}
SETTING_REASONS: dict[str, str] = {
    "type_again": N_("Le serveur ou l’identifiant a changé : tapez le mot de passe de nouveau."),
    "password_in_clear": N_(
        "Sans protection, un mot de passe passerait en clair. Choisissez STARTTLS ou TLS, ou retirez l’identifiant."
    ),
    "ends_before": N_("Le dernier jour est avant le premier."),
}
