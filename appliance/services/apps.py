"""What an app is called on the page: from the devices' own inventories, or from its package name."""

from collections import Counter
from collections.abc import Collection

from appliance.store.models import Inventory

MAX_SHOWN = 300  # a teacher searches; one pupil's device must not fill everybody's list

# The apps that French primary schools use most, by their package name (Google Play, F-Droid).
KNOWN = {
    "org.kde.gcompris": "GCompris",
    "org.mozilla.firefox": "Firefox",
    "org.mozilla.fennec_fdroid": "Firefox",
    "com.android.chrome": "Chrome",
    "com.sec.android.app.sbrowser": "Internet",
    "org.scratchjr.android": "ScratchJr",
    "org.geogebra.android": "GeoGebra",
    "org.videolan.vlc": "VLC",
    "com.sec.android.app.camera": "Appareil photo",
    "com.sec.android.gallery3d": "Galerie",
    "com.android.settings": "Paramètres",
    "org.koreader.launcher": "KOReader",
    "net.osmand": "OsmAnd",
    "org.wikipedia": "Wikipédia",
    "org.stellarium.mobile": "Stellarium",
    "org.documentfoundation.libreoffice": "LibreOffice",
    "org.geogebra.android.g3d": "GeoGebra 3D",
    "com.artifex.mupdf.viewer.app": "MuPDF",
    "net.osmand.plus": "OsmAnd",
    "com.opendys.lirecouleur": "LireCouleur",
    "org.tuxpaint": "Tux Paint",
}

# Last words of package names that say nothing of the app.
_EMPTY_WORDS = frozenset(
    {"app", "apps", "android", "mobile", "client", "main", "plus", "pro", "lite", "launcher", "viewer", "free", "beta"}
)


def label_of(package: str) -> str:
    """A name that a person reads; the last word of an unknown package."""
    if package.startswith("web:"):
        return package[4:]
    known = KNOWN.get(package)
    if known is not None:
        return known
    words = [word for word in package.split(".")[1:] if word.lower() not in _EMPTY_WORDS] or package.split(".")
    return words[-1].replace("_", " ").capitalize()


def installed_on(device_ids: Collection[str]) -> list[dict[str, str]]:
    """The apps that some of these devices have, by label; those that most of them have, when there are too many."""
    inventories = Inventory.select(Inventory.document).where(Inventory.device.in_(list(device_ids)))
    found = Counter(
        name
        for inventory in inventories
        for name in {str(package.get("name", "")) for package in inventory.document.get("packages", [])}
        if name
    )
    shown = sorted(found, key=lambda name: (-found[name], name not in KNOWN, name))[:MAX_SHOWN]
    return sorted(({"package": name, "label": label_of(name)} for name in shown), key=lambda app: app["label"])
