"""What simulated devices are made of: models and apps that French primary schools have. Data, no rule."""

from dataclasses import dataclass

from protocol.device import InstalledPackage, Kind

AGENT = "preau-sim/1.0"


@dataclass(frozen=True)
class Model:
    kind: Kind
    manufacturer: str
    model: str
    os: str
    security_patch: str
    storage_total: int
    serial_prefix: str


TABLET_A8 = Model(Kind.TABLET, "samsung", "SM-X200", "Android 14", "2026-09-01", 32_010_928_128, "R52T")
TABLET_A9 = Model(Kind.TABLET, "samsung", "SM-X110", "Android 15", "2026-10-01", 64_021_856_256, "R83X")
TABLET_M10 = Model(Kind.TABLET, "LENOVO", "TB-X306F", "Android 11", "2024-02-05", 32_010_928_128, "HA1K")
TABLET_A7 = Model(Kind.TABLET, "samsung", "SM-T500", "Android 12", "2024-08-01", 32_010_928_128, "R9TR")

# Mostly one bulk order of the town hall, with what is left of the order before.
TABLETS = (TABLET_A8, TABLET_A8, TABLET_A8, TABLET_A9, TABLET_A8)
OLD_TABLETS = (TABLET_A7, TABLET_M10)
MODELS = {model.model: model for model in (*TABLETS, *OLD_TABLETS)}

BROWSER = "org.mozilla.firefox"
PDF_VIEWER = "com.artifex.mupdf.viewer.app"
MEDIA_PLAYER = "org.videolan.vlc"
OFFICE = "org.documentfoundation.libreoffice"

APPS = (
    InstalledPackage("org.kde.gcompris", 40200, "4.2"),
    InstalledPackage(BROWSER, 2016104471, "144.0"),
    InstalledPackage("org.scratchjr.android", 30, "1.3.1"),
    InstalledPackage("com.opendys.lirecouleur", 12, "1.2"),
    InstalledPackage("org.tuxpaint", 937, "0.9.37"),
    InstalledPackage("org.geogebra.android.g3d", 51_200_874, "5.2.874"),
    InstalledPackage(MEDIA_PLAYER, 13_060_303, "3.6.3"),
    InstalledPackage(PDF_VIEWER, 185, "1.26.1"),
    InstalledPackage(OFFICE, 250_200, "25.2"),
    InstalledPackage("net.osmand.plus", 5100, "5.1.0"),
    InstalledPackage("com.sec.android.app.camera", 1_400_091_000, "14.0.91"),
)

# What a child opens, with repetitions for what is opened most.
CHILDRENS_APPS = (
    "org.kde.gcompris",
    "org.kde.gcompris",
    "org.kde.gcompris",
    BROWSER,
    BROWSER,
    "org.scratchjr.android",
    "org.tuxpaint",
    "com.opendys.lirecouleur",
    "com.sec.android.app.camera",
)

_VIEWERS = (("application/pdf", PDF_VIEWER), ("audio/", MEDIA_PLAYER), ("video/", MEDIA_PLAYER), ("image/", BROWSER))


def viewer_of(mime: str) -> str:
    return next((package for prefix, package in _VIEWERS if mime.startswith(prefix)), OFFICE)
