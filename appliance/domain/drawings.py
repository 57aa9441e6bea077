"""Which SVG drawings may be handed out: those that only draw. A script, a link outside or an entity is refused."""

import re
from xml.etree import ElementTree

from appliance.errors import Invalid

MAX_BYTES = 5 * 1024 * 1024
_ACTIVE = frozenset(
    {"script", "foreignobject", "iframe", "embed", "object", "handler", "listener", "animate", "set", "audio", "video"}
)
_INSIDE = re.compile(r"#|data:image/(png|jpeg|gif|webp);base64,", re.IGNORECASE)
_STYLE_OUTSIDE = re.compile(r"@import|expression\s*\(|javascript:|url\s*\(\s*['\"]?\s*(?!#|['\"])", re.IGNORECASE)


def looks_like_drawing(head: bytes) -> bool:
    return b"<svg" in head[:4096].lower()


def refuse_active_drawing(content: bytes) -> None:
    """Raises Invalid("document_active_drawing")."""
    if len(content) > MAX_BYTES or b"<!ENTITY" in content or b"<?xml-stylesheet" in content:
        raise Invalid("document_active_drawing")
    try:
        root = ElementTree.fromstring(content)  # noqa: S314 - no entity gets here, and expat 2.4.1 bounds the rest
    except (ElementTree.ParseError, ValueError):
        raise Invalid("document_active_drawing") from None
    if _local(root.tag) != "svg" or any(_is_active(element) for element in root.iter()):
        raise Invalid("document_active_drawing")


def _is_active(element: ElementTree.Element) -> bool:
    tag = _local(element.tag)
    if tag in _ACTIVE or (tag == "style" and _STYLE_OUTSIDE.search("".join(element.itertext()))):
        return True
    return any(_is_active_attribute(_local(name), value) for name, value in element.attrib.items())


def _is_active_attribute(name: str, value: str) -> bool:
    if name.startswith("on") or (name in ("href", "src") and not _INSIDE.match(value.strip())):
        return True
    return bool(_STYLE_OUTSIDE.search(value))


def _local(name: object) -> str:
    return str(name).rpartition("}")[2].lower()
