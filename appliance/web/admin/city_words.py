"""The link to the city in sentences: what stops it, what its orders and refusals are called. Owns words only."""

from flask_babel import format_timedelta

from appliance.web.texts import N_
from appliance.web.texts import filled as _

# Code of the uplink -> what happens, and what to do. Nothing is lost in any of them: the page says so once.
TROUBLES: dict[str, tuple[str, str]] = {
    "dns": (N_("Le nom du serveur de la ville est inconnu ici"), N_("Vérifiez l’accès internet de l’école.")),
    "unreachable": (N_("Aucun chemin vers la ville"), N_("Vérifiez le câble du boîtier, puis la box internet.")),
    "refused": (N_("La machine de la ville répond, mais pas son service"), N_("Prévenez le service informatique.")),
    "timeout": (N_("La ville ne répond pas à temps"), N_("Le boîtier réessaie de lui-même.")),
    "slow": (N_("La ligne est trop lente en ce moment"), N_("Le boîtier réessaie de lui-même.")),
    "cut": (N_("La ligne se coupe en cours d’envoi"), N_("Le boîtier réessaie avec de plus petits envois.")),
    "proxy": (
        N_("Le filtre de l’académie ne laisse pas passer le boîtier"),
        N_("Demandez au service informatique d’autoriser l’adresse de la ville."),
    ),
    "portal": (
        N_("Autre chose répond à la place de la ville"),
        N_("Souvent un portail de connexion : demandez au service informatique d’en dispenser le boîtier."),
    ),
    "tls": (
        N_("Le serveur qui répond n’est pas celui de la ville"),
        N_("Rien ne lui a été envoyé. Prévenez le service informatique."),
    ),
    "expired": (N_("Le certificat du serveur de la ville est périmé"), N_("Prévenez le service informatique.")),
    "clock": (N_("L’heure de la ville n’a pas pu être vérifiée"), N_("Prévenez le service informatique.")),
    "foreign": (N_("Une réponse ne correspondait pas à la question"), N_("Elle a été ignorée ; le boîtier réessaie.")),
    "busy": (N_("La ville demande de revenir un peu plus tard"), N_("Le boîtier attend son tour.")),
    "server": (N_("Le serveur de la ville a un problème"), N_("Le boîtier réessaie de lui-même.")),
    "city_full": (N_("Le disque du serveur de la ville est plein"), N_("Prévenez le service informatique.")),
    "refused_us": (
        N_("La ville ne reconnaît pas ce boîtier"),
        N_("Prévenez le service informatique : il peut donner un nouveau code."),
    ),
    "rejected": (N_("La ville n’a pas accepté un envoi"), N_("Il est mis de côté et conservé ; le reste continue.")),
    "certificate": (
        N_("Le certificat du boîtier est périmé"),
        N_("Demandez un nouveau code au service informatique, quittez la ville, puis rejoignez-la de nouveau."),
    ),
    "too_old": (N_("Cette version de Préau est trop ancienne pour la ville"), N_("Mettez le boîtier à jour.")),
    "fenced": (N_("Deux boîtiers se présentent sous la même identité"), ""),
    "revoked": (N_("La ville a retiré l’accès de ce boîtier"), ""),
    "replaced": (N_("Un autre boîtier a pris la place de celui-ci"), ""),
    "full": (N_("Le disque du boîtier est plein"), N_("Supprimez des documents ou d’anciennes sauvegardes.")),
    "identity": (
        N_("La clé du boîtier ne peut pas être lue"),
        N_("Quittez la ville, puis rejoignez-la avec un nouveau code."),
    ),
    "claim_code": (N_("Ce code n’est pas un code de la ville"), N_("Vérifiez chaque groupe de quatre.")),
    "claim_file": (N_("Ce fichier n’est pas un fichier de la ville"), N_("Demandez « ville.preau.json ».")),
    "claim_address": (N_("L’adresse n’est pas complète"), N_("Recopiez-la telle que la ville l’a donnée.")),
    "claim_authority": (
        N_("Ce serveur n’est pas celui qui a donné le code"),
        N_("Vérifiez l’adresse et le code. Rien n’a été envoyé."),
    ),
    "claim_unknown": (N_("La ville ne connaît pas ce code"), N_("Il a pu être annulé : demandez-en un autre.")),
    "claim_used": (N_("Ce code a déjà servi"), N_("Un code ne sert qu’une fois : demandez-en un autre.")),
    "claim_expired": (N_("Ce code n’est plus valable"), N_("Demandez-en un autre au service informatique.")),
    "claim_not_blank": (
        N_("Ce code est fait pour un boîtier neuf"),
        N_("Ce boîtier a déjà des appareils : demandez un code ordinaire."),
    ),
    "claim_snapshot": (
        N_("La sauvegarde de l’ancien boîtier n’a pas pu être mise en place"),
        N_("Ce boîtier n’a pas changé. Prévenez le service informatique."),
    ),
}
_OTHER = (N_("Le lien avec la ville est interrompu"), N_("Le boîtier réessaie de lui-même."))

# What a person must know at once: standing -> what happened, what is safe and what to do.
STANDINGS: dict[str, tuple[str, str]] = {
    "fenced": (
        N_("Boîtier isolé : deux boîtiers se présentent sous la même identité"),
        N_(
            "Une carte a sans doute été copiée. Les séances fonctionnent, rien n’est perdu, rien ne part tant que le "
            "service informatique n’a pas dit lequel est le bon."
        ),
    ),
    "revoked": (
        N_("La ville a retiré l’accès de ce boîtier"),
        N_(
            "Les séances fonctionnent, plus rien ne part. Si c’est une erreur, demandez un nouveau code, quittez la "
            "ville, puis rejoignez-la."
        ),
    ),
    "replaced": (
        N_("Un autre boîtier a pris la place de celui-ci"),
        N_("Les séances fonctionnent, plus rien ne part. Éteignez ce boîtier, ou donnez-lui un nouveau code."),
    ),
}

LANES: dict[int, str] = {
    0: N_("Actes et alertes"),
    1: N_("État des appareils"),
    2: N_("Statistiques"),
    3: N_("Journaux techniques demandés"),
}

EXCHANGES: dict[str, str] = {
    "hello": N_("bonjour"),
    "batch": N_("envoi"),
    "claim": N_("demande d’entrée"),
    "renew": N_("renouvellement"),
    "certificate": N_("renouvellement"),
    "time": N_("demande de l’heure"),
    "reconcile": N_("comparaison"),
    "snapshot": N_("sauvegarde"),
    "config": N_("lecture des réglages"),
    "instructions": N_("lecture des ordres"),
}

ORDERS: dict[str, str] = {
    "report": N_("dire son état"),
    "identify": N_("se signaler"),
    "rename": N_("renommer"),
    "move": N_("changer de classe mobile"),
    "fetch_logs": N_("envoyer le journal technique"),
    "reboot": N_("redémarrer"),
    "revoke": N_("retirer"),
    "wipe": N_("effacer"),
    "cancel": N_("annuler un ordre"),
}

# State -> word, icon, colour of the badge.
ORDER_STATES: dict[str, tuple[str, str, str]] = {
    "received": (N_("reçu"), "clock", ""),
    "started": (N_("commencé"), "hourglass", ""),
    "done": (N_("fait"), "circle-check", "good"),
    "failed": (N_("échoué"), "circle-x", "problem"),
    "refused": (N_("refusé"), "ban", "notice"),
    "expired": (N_("périmé"), "timer", "quiet"),
    "canceled": (N_("annulé"), "undo-2", "quiet"),
    "unknown": (N_("interrompu, on ne sait pas"), "circle-help", "notice"),
}

REFUSALS: dict[str, str] = {
    "malformed": N_("illisible"),
    "not_for_us": N_("destiné à un autre boîtier"),
    "seen_before": N_("déjà reçu"),
    "too_late": N_("arrivé trop tard"),
    "altered": N_("modifié en chemin"),
    "wrong_key": N_("signé par une clé qui n’en a pas le droit"),
    "unknown_kind": N_("inconnu de cette version"),
}

STORAGE: dict[str, str] = {
    "normal": N_("Il y a de la place."),
    "thrifty": N_("Le disque se remplit ; rien n’est réduit."),
    "coarse": N_("Le disque se remplit : les statistiques qui attendent sont regroupées par semaine."),
    "essential": N_("Le disque est presque plein : plus de journaux techniques, statistiques par semaine."),
    "survival": N_("Le disque est plein : seuls les actes et l’état des appareils attendent encore."),
}

RESTRICTIONS: dict[str, str] = {
    "restrictions": N_("restrictions au début d’une séance"),
    "quiet_hours": N_("heures calmes, sans gros envois"),
    "retention_days": N_("durées de conservation"),
    "languages": N_("langues proposées"),
    "users": N_("personnes qui viennent de la ville"),
}


def trouble_words(code: str) -> tuple[str, str]:
    what, to_do = TROUBLES.get(code, _OTHER)
    return _(what), _(to_do) if to_do else ""


def how_long(seconds: float) -> str:
    """« 2 heures »."""
    return str(format_timedelta(max(60, seconds), granularity="minute", threshold=1.5))
