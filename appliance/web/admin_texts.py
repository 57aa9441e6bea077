"""Sentences for what administration and documents refuse: code of `appliance/errors.py` -> French text. See `texts`."""


def N_(text: str) -> str:  # noqa: N802 - the name that pybabel looks for
    """Marks a text for translation; it is translated when somebody reads it."""
    return text


ADMIN_TEXTS: dict[str, str] = {
    # carts, classrooms, pupils
    "name_taken": N_("Le nom « %(name)s » est déjà pris : choisissez-en un autre."),
    "no_cart": N_("Cette classe mobile n’existe pas, ou plus."),
    "cart_not_empty": N_("Cette classe mobile n’est pas vide (appareils : %(count)s) : déplacez-les d’abord."),
    "no_classroom": N_("Cette classe n’existe pas, ou plus."),
    "no_pupil": N_("Cet élève n’est plus dans la liste."),
    "bad_pupil": N_("Cet élève n’a pas été ajouté."),
    # class lists
    "roster_not_csv": N_(
        "Ce fichier n’est pas un CSV mais un classeur ou une archive. Rien n’a été importé. "
        "Ouvrez-le dans un tableur, puis « Enregistrer sous » au format CSV."
    ),
    "roster_not_text": N_("La ligne %(line)s ne peut pas être lue : ce n’est pas du texte. Rien n’a été importé."),
    "roster_empty": N_("Ce fichier ne contient aucun élève. Rien n’a été importé."),
    "roster_no_first_name": N_(
        "La première ligne doit nommer les colonnes, dont « Prénom » (ou « Prénom élève », comme dans ONDE). "
        "Rien n’a été importé."
    ),
    "roster_no_classroom": N_(
        "Le fichier n’a pas de colonne « Classe » : choisissez la classe de cette liste. Rien n’a été importé."
    ),
    "roster_too_long": N_("Cette liste est trop longue (%(limit)s élèves au plus). Rien n’a été importé."),
    "roster_problems": N_("Des lignes sont à corriger, la première est la ligne %(line)s. Rien n’a été importé."),
    # devices
    "no_device": N_("Cet appareil n’est pas, ou plus, en service ici."),
    "device_not_in_service": N_("Cet appareil n’est plus en service : inscrivez-le de nouveau pour le modifier."),
    "number_taken": N_("Le numéro %(number)s est déjà pris dans cette classe mobile."),
    "bad_number": N_("Le numéro doit être entre 1 et 999."),
    "same_device": N_("Un appareil ne peut pas se remplacer lui-même : choisissez-en un autre."),
    "broker_unavailable": N_(
        "C’est enregistré, mais le service des tablettes ne répond pas : l’appareil sera coupé dès qu’il revient."
    ),
    "broker_busy": N_("C’est enregistré. Le service des tablettes est très occupé : l’effet vient dans un instant."),
    # the city
    "bad_claim_code": N_("Ce code n’est pas complet : dix groupes de quatre lettres et chiffres."),
    "bad_city_address": N_("Cette adresse n’est pas complète : par exemple ville.example.fr:443."),
    "bad_claim_file": N_("Ce fichier n’est pas celui de la ville (« ville.preau.json »)."),
    "city_joined": N_("Cette école a déjà rejoint une ville. Quittez-la d’abord."),
    "no_city": N_("Cette école n’a pas rejoint de ville."),
    "no_claim": N_("Il n’y a pas de demande en cours."),
    "no_exchange": N_("Cet envoi n’est plus conservé."),
    # enrollment links
    "no_token": N_("Ce lien d’inscription n’existe pas."),
    "token_revoked": N_("Ce lien d’inscription est déjà révoqué."),
    "bad_token_uses": N_("Un lien sert entre 1 et %(limit)s fois."),
    "bad_token_life": N_("Un lien est valable entre une minute et un an."),
    # tablets in kiosk mode
    "agents_port_taken": N_(
        "Un autre programme de cette machine utilise déjà le port %(port)s. La porte est restée fermée : arrêtez-le, "
        "ou choisissez un autre port (--agents)."
    ),
    "agents_in_lesson": N_(
        "Une séance tient encore une tablette kiosque : terminez-la d’abord. Sinon, la tablette resterait "
        "comme elle est."
    ),
    "bad_agent": N_("Cette application n’est pas connue du boîtier."),
    "no_agent_link": N_("Cette tablette n’est pas, ou plus, en mode kiosque pour le boîtier."),
    "no_agent_sheet": N_("Cette adresse ne montre plus rien : elle sert une demi-heure."),
    # documents
    "no_file": N_("Choisissez d’abord un fichier."),
    "one_file_only": N_("Un seul fichier à la fois."),
    "document_empty": N_("Ce fichier est vide. Rien n’a été enregistré."),
    "document_too_large": N_("Ce fichier est trop gros : %(limit_mb)s Mo au plus. Rien n’a été enregistré."),
    "document_executable": N_(
        "Ce fichier contient un programme. Rien n’a été enregistré : seuls des documents peuvent être donnés."
    ),
    "document_web_page": N_(
        "Une page web ne peut pas être donnée comme document. Donnez son adresse (« Ouvrir… »), ou un PDF."
    ),
    "document_old_office": N_(
        "Cet ancien format (.doc, .xls, .ppt) n’est pas accepté. Enregistrez le document en PDF, .docx ou .odt."
    ),
    "document_type_refused": N_(
        "Ce type de fichier n’est pas accepté. Donnez un PDF, une image, un son, une vidéo, un texte ou un document "
        "bureautique récent."
    ),
    "document_mismatch": N_("Le contenu de ce fichier n’est pas ce que son nom annonce (.%(ending)s). Vérifiez-le."),
    "document_bomb": N_(
        "Ce fichier est construit pour déborder quand on l’ouvre. Rien n’a été enregistré. Ne l’ouvrez pas."
    ),
    "document_zip": N_("Une archive ne peut pas être donnée. Donnez les documents un par un."),
    "document_damaged": N_("Ce fichier est abîmé ou incomplet. Rien n’a été enregistré ; enregistrez-le à nouveau."),
    "document_active_drawing": N_(
        "Ce dessin SVG contient plus que du dessin. Rien n’a été enregistré : exportez-le en PNG ou en PDF."
    ),
    "document_in_use": N_("Ce document sert encore, dans des favoris ou dans une séance."),
    "document_missing": N_("Ce document n’est plus lisible sur le boîtier : donnez-le à nouveau."),
    "no_document": N_("Ce document n’existe pas, ou plus."),
    "not_your_document": N_("Ce document est celui d’un collègue."),
    "disk_nearly_full": N_(
        "Le boîtier n’a presque plus de place. Rien n’a été enregistré ; supprimez des documents ou des sauvegardes."
    ),
    # backups
    "no_backup": N_("Cette sauvegarde n’existe pas, ou plus."),
    "backup_failed": N_("La sauvegarde n’a pas pu être écrite (%(why)s). Rien n’a été changé."),
    "backup_exists": N_("Le fichier %(path)s existe déjà. Rien n’a été écrit : donnez un autre nom."),
    "no_folder": N_("Le dossier %(path)s n’existe pas. Rien n’a été écrit : créez-le, ou donnez un autre endroit."),
    "backup_not_found": N_("Le fichier %(path)s n’existe pas."),
    "backup_unreadable": N_("Le fichier %(path)s ne peut pas être lu (%(why)s)."),
    "backup_damaged": N_("Ce fichier n’est pas une sauvegarde de Préau, ou il est abîmé. Rien n’a été modifié."),
    "backup_newer": N_(
        "Cette sauvegarde vient d’une version plus récente de Préau. Rien n’a été modifié : mettez Préau à jour."
    ),
    "appliance_running": N_(
        "Le boîtier fonctionne. Rien n’a été modifié : arrêtez-le (Ctrl-C là où il a été lancé), puis restaurez."
    ),
    # school
    "bad_zone": N_("Ce fuseau horaire n’est pas proposé."),
    "bad_uai": N_("Ce code d’école (UAI) n’est pas possible : sept chiffres et une lettre, par exemple 0750655E."),
    # the city
    "bad_broker": N_("Cette adresse n’est pas possible : un nom ou une adresse, deux-points, un port."),
    "bad_instruction": N_("Cet ordre de la ville ne se lit pas : il n’est pas exécuté."),
    "bad_configuration": N_("Les réglages de la ville ne se lisent pas : ceux d’avant restent en vigueur."),
    "user_of_the_city": N_("Ce compte est tenu par la ville : c’est elle qui le change."),
}

ADMIN_REASONS: dict[str, str] = {
    "bad_form": N_("Sept chiffres et une lettre."),
    "wrong_letter": N_("La lettre ne correspond pas aux chiffres : un chiffre est sans doute faux."),
    "first_name_missing": N_("Le prénom manque."),
    "classroom_missing": N_("La classe manque."),
    "wrong_key": N_("La signature n’est pas celle de la ville."),
    "twice": N_("Deux fois le même."),
}
