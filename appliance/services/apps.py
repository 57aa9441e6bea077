"""What an app is called on the page: from the devices' own inventories, or from its package name."""

from appliance.store.models import Inventory

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


def installed() -> list[dict[str, str]]:
    """Every app that some device has, by label."""
    names = {
        str(package.get("name", ""))
        for inventory in Inventory.select(Inventory.document)
        for package in inventory.document.get("packages", [])
    }
    return sorted(({"package": name, "label": label_of(name)} for name in names if name), key=lambda app: app["label"])
