"""Which files teachers may hand out, and under what name: decided from the first bytes, the name and a zip's listing.

An allow-list: what is not known is refused. Content decides; a name that lies about it is refused, a name that only
errs within one family (a JPEG called .png) gets the right ending.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from appliance.domain.plain_text import without_controls
from appliance.errors import Invalid

HEAD_BYTES = 4096
MAX_NAME_CHARS = 120
_LONGEST_DECLARED = 10_000  # the end of a longer name is enough to see
ZIP_HEAD = b"PK\x03\x04"
OCTETS = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Kind:
    """`endings`: the first is given to a file without one. `family`: within it, a wrong ending is corrected."""

    mime: str
    family: str
    endings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Described:
    """What a document is stored as."""

    name: str
    mime: str


PDF = Kind("application/pdf", "pdf", ("pdf",))
PNG = Kind("image/png", "image", ("png",))
JPEG = Kind("image/jpeg", "image", ("jpg", "jpeg"))
GIF = Kind("image/gif", "image", ("gif",))
WEBP = Kind("image/webp", "image", ("webp",))
SVG = Kind("image/svg+xml", "drawing", ("svg",))
MP3 = Kind("audio/mpeg", "media", ("mp3",))
OGG = Kind("audio/ogg", "media", ("ogg", "oga", "opus", "ogv"))
WAV = Kind("audio/wav", "media", ("wav",))
FLAC = Kind("audio/flac", "media", ("flac",))
MP4_AUDIO = Kind("audio/mp4", "media", ("m4a",))
MP4 = Kind("video/mp4", "media", ("mp4", "m4v", "mov"))
WEBM = Kind("video/webm", "media", ("webm",))
TEXT = Kind("text/plain", "text", ("txt", "md"))
CSV = Kind("text/csv", "text", ("csv",))
SUBTITLES = Kind("text/vtt", "text", ("vtt",))
_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
DOCX = Kind(_OOXML + "wordprocessingml.document", "office", ("docx",))
XLSX = Kind(_OOXML + "spreadsheetml.sheet", "office", ("xlsx",))
PPTX = Kind(_OOXML + "presentationml.presentation", "office", ("pptx", "ppsx"))
ODT = Kind(_ODF + "text", "office", ("odt",))
ODS = Kind(_ODF + "spreadsheet", "office", ("ods",))
ODP = Kind(_ODF + "presentation", "office", ("odp",))
ODG = Kind(_ODF + "graphics", "office", ("odg",))
EPUB = Kind("application/epub+zip", "book", ("epub",))
GEOGEBRA = Kind("application/vnd.geogebra.file", "geogebra", ("ggb",))

KINDS = (
    PDF, PNG, JPEG, GIF, WEBP, SVG, MP3, OGG, WAV, FLAC, MP4_AUDIO, MP4, WEBM, TEXT, CSV, SUBTITLES,
    DOCX, XLSX, PPTX, ODT, ODS, ODP, ODG, EPUB, GEOGEBRA,
)  # fmt: skip
ACCEPTED_ENDINGS = tuple(sorted({ending for kind in KINDS for ending in kind.endings}))

# Only these are shown inside a page; all others are offered to be saved.
SHOWN_INLINE = frozenset(kind.mime for kind in (PDF, PNG, JPEG, GIF, WEBP))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_RUNS = _words(
    "apk aab apex apks xapk app appimage bat bin cmd com cpl crx deb dex dll dmg elf exe gadget hta ipa iso jar jnlp "
    "js jse lnk mjs msi msix msp pif pkg pl ps1 psm1 py rb reg rpm run scr sh so swf vb vbe vbs vbscript wasm ws wsf "
    "xpi docm dotm xlsm xltm pptm potm ppsm"
)
_PAGES = _words("htm html xhtml shtml mht mhtml xht xml xsl xslt php asp aspx jsp h5p")
_OLD_OFFICE = _words("doc xls ppt pps pub")

_EXECUTABLE_HEADS = (
    b"\x7fELF", b"MZ", b"#!", b"dex\n", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe",
    b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\x00asm", b"!<arch>",
)  # fmt: skip
_PAGE_MARKS = re.compile(rb"<\s*(!doctype\s+html|html|head|body|script|iframe|\?php)", re.IGNORECASE)
_OLE_HEAD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def _starts(*heads: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(heads)


def _riff(form: bytes) -> Callable[[bytes], bool]:
    return lambda head: head[:4] == b"RIFF" and head[8:12] == form


def _is_mpeg_audio(head: bytes) -> bool:
    """An ID3 tag, or a frame: eleven set bits, a layer III, a bit rate that exists."""
    return head[:3] == b"ID3" or (
        len(head) > 2 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2 and head[2] & 0xF0 not in (0x00, 0xF0)
    )


def _mp4(brands: tuple[bytes, ...]) -> Callable[[bytes], bool]:
    return lambda head: head[4:8] == b"ftyp" and head[8:12].startswith(brands)


_BY_HEAD: tuple[tuple[Callable[[bytes], bool], Kind], ...] = (
    (lambda head: b"%PDF-" in head[:1024], PDF),
    (_starts(b"\x89PNG\r\n\x1a\n"), PNG),
    (_starts(b"\xff\xd8\xff"), JPEG),
    (_starts(b"GIF87a", b"GIF89a"), GIF),
    (_riff(b"WEBP"), WEBP),
    (_riff(b"WAVE"), WAV),
    (_starts(b"OggS"), OGG),
    (_starts(b"fLaC"), FLAC),
    (_mp4((b"M4A", b"M4B")), MP4_AUDIO),
    (_mp4((b"isom", b"iso", b"mp4", b"avc1", b"M4V", b"qt", b"MSNV", b"dash", b"3gp")), MP4),
    (lambda head: head[:4] == b"\x1aE\xdf\xa3" and b"webm" in head[:64], WEBM),
    (_is_mpeg_audio, MP3),
)


def display_name(declared: object) -> str:
    """Only ever shown: the file on disk is named by its hash. Folders, controls and direction marks go; long is cut."""
    text = declared if isinstance(declared, str) else ""
    name = without_controls(re.split(r"[/\\]", text[-_LONGEST_DECLARED:])[-1]).strip(". ")
    stem, dot, ending = name.rpartition(".")
    if len(name) > MAX_NAME_CHARS and dot and len(ending) <= 8:
        name = stem[: MAX_NAME_CHARS - len(ending) - 1].rstrip() + dot + ending
    return name[:MAX_NAME_CHARS] or "document"


def ending_of(name: str) -> str:
    _, dot, ending = name.rpartition(".")
    return ending.lower() if dot else ""


def kind_by_head(head: bytes) -> Kind | None:
    """What the first bytes tell; None for text, drawings and zips, which need a closer look. Raises Invalid."""
    if head.startswith(_EXECUTABLE_HEADS):
        raise Invalid("document_executable")
    if head.startswith(_OLE_HEAD):
        raise Invalid("document_old_office")
    return next((kind for is_kind, kind in _BY_HEAD if is_kind(head)), None)


def refuse_by_ending(ending: str) -> None:
    if ending in _RUNS:
        raise Invalid("document_executable", ending=ending)
    if ending in _PAGES:
        raise Invalid("document_web_page", ending=ending)
    if ending in _OLD_OFFICE:
        raise Invalid("document_old_office", ending=ending)


def text_kind(head: bytes, ending: str) -> Kind:
    """Plain text in UTF-8, UTF-16 with its mark or Latin-1; a page or a script is not text. Raises Invalid."""
    if _PAGE_MARKS.search(head):
        raise Invalid("document_web_page")
    for kind in (TEXT, CSV, SUBTITLES):
        if ending in kind.endings:
            break
    else:
        raise Invalid("document_type_refused", ending=ending)
    is_wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not is_wide and any(byte < 9 or 13 < byte < 27 for byte in head):
        raise Invalid("document_type_refused", ending=ending)
    return kind


def described(name: str, kind: Kind) -> Described:
    """The name with an ending that fits. Raises Invalid when the name promises something else."""
    ending = ending_of(name)
    if ending in kind.endings:
        return Described(name, kind.mime)
    promised = next((other for other in KINDS if ending in other.endings), None)
    if promised is not None and promised.family != kind.family:
        raise Invalid("document_mismatch", ending=ending)
    stem = name[: -len(ending) - 1] if promised is not None else name
    return Described(f"{stem[: MAX_NAME_CHARS - 6]}.{kind.endings[0]}", kind.mime)
