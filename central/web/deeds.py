"""Deeds of the city's journal in words, and those of the schools'. An unknown one is shown as it is."""

from central.web.marks import N_
from central.web.school_deeds import SCHOOL_DEEDS
from central.web.texts import translate

CITY_DEEDS: dict[str, str] = {
    "account.accept": N_("invitation acceptée"),
    "account.add": N_("compte créé"),
    "account.change": N_("compte modifié"),
    "account.invite": N_("invitation créée"),
    "account.off": N_("compte désactivé"),
    "account.oidc": N_("compte relié à l’annuaire"),
    "account.on": N_("compte réactivé"),
    "account.passkey": N_("clé d’accès ajoutée"),
    "account.passkey_off": N_("clé d’accès retirée"),
    "account.password": N_("mot de passe changé"),
    "account.recovery": N_("codes de secours renouvelés"),
    "account.reset": N_("accès remis à zéro"),
    "account.role": N_("rôle changé"),
    "account.totp": N_("codes du téléphone activés"),
    "account.totp_off": N_("codes du téléphone retirés"),
    "alert.acknowledge": N_("alerte prise en charge"),
    "appliance.choose": N_("boîtier choisi entre deux copies"),
    "appliance.claim": N_("boîtier rattaché"),
    "appliance.epoch": N_("boîtier restauré ou remplacé"),
    "appliance.fence": N_("boîtier mis à l’écart"),
    "appliance.revoke": N_("boîtier révoqué"),
    "certificate.renew": N_("certificat renouvelé"),
    "claim.wrong_codes": N_("codes de rattachement faux"),
    "claim_code.new": N_("code de rattachement créé"),
    "claim_code.revoke": N_("code de rattachement annulé"),
    "configuration.change": N_("réglages changés"),
    "device.add": N_("appareil ajouté"),
    "device.change": N_("appareil modifié"),
    "device.remark": N_("remarque sur un appareil"),
    "device.retire": N_("appareil retiré de l’inventaire"),
    "door.refuse": N_("appel d’un boîtier refusé"),
    "inventory.import": N_("inventaire importé"),
    "key.add": N_("clé de signature ajoutée"),
    "key.revoke": N_("clé de signature révoquée"),
    "log.ask": N_("journal technique demandé"),
    "order.cancel": N_("intervention annulée"),
    "order.confirm": N_("intervention confirmée"),
    "order.give": N_("intervention demandée"),
    "order.new": N_("intervention demandée"),
    "order.sign": N_("intervention signée"),
    "ring.accept": N_("trousseau de clés remplacé"),
    "ring.adopt_root": N_("clé racine adoptée"),
    "school.add": N_("école créée"),
    "school.archive": N_("école archivée"),
    "school.change": N_("école modifiée"),
    "school.restore": N_("école rouverte"),
    "school_user.add": N_("personne d’école ajoutée"),
    "school_user.change": N_("personne d’école modifiée"),
    "session.close_all": N_("déconnecté partout"),
    "session.code_refused": N_("code refusé"),
    "session.half": N_("mot de passe donné"),
    "session.oidc_refused": N_("annuaire : personne inconnue"),
    "session.open": N_("connexion"),
    "session.passkey_refused": N_("clé d’accès refusée"),
    "session.recovery": N_("connexion par un code de secours"),
    "session.refused": N_("mot de passe refusé"),
}

SUBJECTS: tuple[tuple[str, str], ...] = (
    ("", N_("Tout")),
    ("session.", N_("Connexions")),
    ("account.", N_("Comptes")),
    ("order.", N_("Interventions")),
    ("configuration.", N_("Réglages")),
    ("school", N_("Écoles")),
    ("appliance.", N_("Boîtiers")),
    ("claim", N_("Rattachements")),
    ("device.", N_("Appareils")),
    ("inventory.", N_("Inventaire")),
    ("alert.", N_("Alertes")),
    ("key.", N_("Clés de signature")),
)
SCHOOL_SUBJECTS: tuple[tuple[str, str], ...] = (
    ("", N_("Tout")),
    ("lesson.", N_("Séances")),
    ("gesture.", N_("Gestes")),
    ("device.", N_("Appareils")),
    ("cart.", N_("Classes mobiles")),
    ("user.", N_("Personnes")),
    ("session.", N_("Connexions")),
    ("instruction.", N_("Ordres de la ville")),
    ("city.", N_("Rattachements")),
    ("backup.", N_("Sauvegardes")),
)


def deed(action: str) -> str:
    """In the reader's language; the code itself when nobody has given it words."""
    text = CITY_DEEDS.get(action) or SCHOOL_DEEDS.get(action)
    return translate(text) if text else action
