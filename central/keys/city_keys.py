"""All keys of a server, loaded together. Whoever starts first makes them; none replaces those that are there."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from central.errors import CannotStart
from central.keys import authority, online, sealing
from central.keys.authority import Authority, load_authority
from central.keys.folder import KeyFolder
from central.keys.online import OnlineKey, load_online_key, load_token_key
from central.keys.sealing import Sealer, load_sealer

_FILES = (authority.KEY_FILE, authority.CERTIFICATE_FILE, online.FILE, sealing.FILE)


@dataclass(frozen=True, slots=True)
class CityKeys:
    folder: KeyFolder
    authority: Authority
    online: OnlineKey
    tokens: OnlineKey  # the first online key: what it has proved stays proven when the online key is replaced
    sealer: Sealer

    @property
    def mark(self) -> str:
        """What tells this city's keys from another's."""
        return hashlib.sha256(self.authority.der).hexdigest()


def load_keys(folder: KeyFolder, city: str, now: datetime) -> CityKeys:
    ours, signs = load_authority(folder, city, now), load_online_key(folder)
    return CityKeys(folder, ours, signs, load_token_key(folder), load_sealer(folder))


def require_keys(folder: KeyFolder) -> None:
    """For a database that has known keys: new ones would lock every school out."""
    missing = [name for name in _FILES if not folder.has(name)]
    if missing:
        raise CannotStart(
            "keys_lost",
            f"Il manque dans {folder.path_of('')} : {', '.join(missing)}. La base de données connaît déjà ces clés : "
            "remettez ce dossier depuis sa sauvegarde. Des clés neuves enfermeraient les écoles dehors.",
        )


def require_same(keys: CityKeys, mark: str) -> None:
    if keys.mark != mark:
        raise CannotStart(
            "keys_differ",
            f"Les clés de {keys.folder.path_of('')} ne sont pas celles de cette base de données. Vérifiez --data et "
            "DATABASE_URL, ou remettez le bon dossier depuis sa sauvegarde.",
        )
