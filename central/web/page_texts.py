"""Sentences for the errors of the pages about schools, devices, alerts and orders. See `texts`."""

from central.web.marks import N_

PAGE_TEXTS: dict[str, str] = {
    "file_too_large": N_("Cette liste est trop longue : 4 Mo et 20 000 lignes au plus. Coupez-la en plusieurs."),
    "too_many_chosen": N_(
        "La sélection est trop grande : mille au plus à la fois. Rien n’a été demandé ; "
        "choisissez une école entière, ou faites-le en plusieurs fois."
    ),
    "list_empty": N_("Ce fichier est vide."),
    "list_is_workbook": N_(
        "C’est un classeur (XLSX, XLS ou ODS), pas un CSV. Dans le tableur : « Enregistrer sous », puis CSV."
    ),
    "not_a_list": N_(
        "Ce fichier n’est pas une liste CSV. Dans le tableur : « Enregistrer sous », puis CSV (séparateur "
        "point-virgule)."
    ),
    "list_without_lines": N_("Cette liste n’a que sa ligne de titres : aucun appareil n’y est écrit."),
    "headings_missing": N_(
        "Des colonnes manquent à cette liste : %(missing)s. Leurs titres sont sur la première ligne."
    ),
    "list_too_long": N_("Cette liste a plus de %(limit)s lignes. Coupez-la en plusieurs."),
    "unknown_import": N_("Cette liste n’attend plus : une heure a passé, ou elle est déjà enregistrée. Relisez-la."),
    "export_too_large": N_(
        "Un classeur ODS n’a pas plus de %(limit)s lignes : filtrez d’abord, ou prenez le fichier CSV."
    ),
    "bad_equipment": N_("Cet appareil ne peut pas être enregistré ainsi."),
    "serial_known": N_("Le numéro de série « %(serial)s » est déjà celui d’un autre appareil."),
    "told_by_its_box": N_("Un boîtier s’occupe de cet appareil : il se modifie dans l’école, ou par une intervention."),
    "bad_remark": N_("Cette remarque est trop longue : 500 signes au plus."),
    "unknown_alert": N_("Une de ces alertes n’existe pas, ou n’est pas de votre école. Rien n’a été changé."),
    "alert_over": N_("Une de ces alertes vient de se fermer d’elle-même. Rechargez la page."),
    "uai_wrong": N_("Ce n’est pas un code UAI : sept chiffres et la lettre qui les contrôle. Vérifiez-le."),
    "name_wrong": N_("Ce nom est vide, trop long (120 signes) ou contient des signes invisibles."),
    "place_wrong": N_("Ces coordonnées ne sont pas en France ni ailleurs : une latitude et une longitude en degrés."),
    "school_exists": N_("L’école %(uai)s existe déjà."),
    "school_archived": N_("L’école %(uai)s est archivée : rouvrez-la d’abord."),
    "school_has_appliance": N_("Cette école a encore un boîtier : révoquez-le d’abord."),
    "no_school": N_("Cette école n’existe pas, ou n’est pas la vôtre."),
    "no_appliance": N_("Cette école n’a pas de boîtier en service : rien n’a été demandé."),
    "appliance_replaced": N_("Ce boîtier a déjà été remplacé."),
    "replaces_wrong": N_("Ce boîtier n’est pas de cette école."),
    "not_fenced": N_("Il n’y a plus à choisir : un seul boîtier se présente pour cette école."),
    "no_contestant": N_("Ce boîtier ne se présente plus. Rechargez la page."),
    "no_claim_code": N_("Ce code n’existe pas, ou plus."),
    "claim_code_used": N_("Ce code a déjà servi."),
    "city_not_initialized": N_(
        "La ville n’a pas encore ses clés : sur le serveur, lancez « ./run admin --central city init »."
    ),
    "bad_order": N_("Cette intervention ne peut pas être demandée ainsi. Rien n’est parti."),
    "nobody_to_order": N_("Personne à qui le demander : aucun boîtier ni appareil en service dans ce choix."),
    "device_without_appliance": N_(
        "« %(name)s » n’a pas de boîtier en service : on ne peut rien lui demander à distance."
    ),
    "unknown_order": N_("Cette intervention n’existe pas, ou n’est pas de votre école."),
    "order_over": N_("Cette intervention est finie, annulée ou trop vieille : rien n’a été changé."),
    "cannot_cancel": N_("Une annulation ne s’annule pas."),
    "already_signed": N_("Cette intervention est déjà signée."),
    "already_confirmed": N_("Cette intervention est déjà confirmée."),
    "needs_no_second": N_("Cette intervention n’attend pas de deuxième personne."),
    "second_person_is_first": N_(
        "La deuxième personne ne peut être ni celle qui l’a demandée, ni celle qui a déposé la signature."
    ),
    "key_not_allowed": N_("Cette clé n’a pas le droit de signer cette sorte d’intervention."),
    "not_your_passkey": N_("Cette clé d’accès n’est pas la vôtre."),
    "bad_assertion": N_("La clé d’accès n’a pas donné de signature lisible. Réessayez."),
    "bad_signature": N_("La signature n’est pas celle de cette intervention. Rien n’est parti."),
    "bad_signature_file": N_("Ce fichier n’est pas celui de cette intervention, signé."),
    "bad_key": N_("Cette clé n’est pas acceptée."),
    "bad_ring": N_("Ce fichier n’est pas le trousseau de cette ville, signé par sa clé racine."),
    "ring_not_newer": N_("Ce trousseau n’est pas plus récent que le n° %(version)s, déjà en vigueur."),
    "root_exists": N_("La ville a déjà une clé racine. Les boîtiers n’en connaissent qu’une."),
    "unknown_key": N_("Cette clé n’existe pas, ou plus."),
    "unknown_passkey": N_("Cette clé d’accès n’existe pas, ou plus."),
    "bad_configuration": N_("Un de ces réglages n’est pas possible. Rien n’a été changé."),
    "bad_scope": N_("Cette page de réglages n’existe pas."),
    "unknown_group": N_("Ce groupe n’existe pas, ou plus."),
    "unknown_user": N_("Cette personne n’existe pas, ou plus."),
    "log_over": N_("Ces journaux techniques ont été effacés, comme prévu."),
    "no_parked_record": N_("Cette donnée n’est plus de côté."),
    "too_many_attempts": N_("Trop d’essais. Réessayez dans %(minutes)s min."),
}
PAGE_REASONS: dict[str, str] = {
    "too_many": N_("C’est trop à la fois."),
    "text": N_("Du texte, sans signes invisibles."),
    "unknown_cart": N_("Cette classe mobile n’existe pas dans l’école : rechargez la page."),
    "one_only": N_("Un seul appareil à la fois."),
    "control_letter": N_("La lettre n’est pas celle de ces sept chiffres."),
    "wrong_key": N_("Signé par une autre clé."),
    "not_this_order": N_("C’est la signature d’une autre intervention."),
    "unknown_school": N_("Cette école n’est pas dans la ville."),
    "missing_serial": N_("Il manque le numéro de série."),
}
