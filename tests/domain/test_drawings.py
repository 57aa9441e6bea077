import pytest

from appliance.domain.drawings import MAX_BYTES, looks_like_drawing, refuse_active_drawing
from appliance.errors import Invalid

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'

PLAIN = (
    '<rect width="3" height="3" style="fill: url(#g)"/><use xlink:href="#a"/>'
    '<image href="data:image/png;base64,iVBORw0KGgo="/><style>.a { fill: red }</style><text>Bonjour</text>'
)

ACTIVE = [
    "<script>alert(1)</script>",
    '<rect onload="alert(1)"/>',
    "<foreignObject><p/></foreignObject>",
    '<a href="javascript:alert(1)"><rect/></a>',
    '<a xlink:href="https://example.org/"><rect/></a>',
    '<image href="https://example.org/x.png"/>',
    '<image href="data:image/svg+xml;base64,PHN2Zy8+"/>',
    '<animate attributeName="href" to="javascript:alert(1)"/>',
    "<style>@import 'https://example.org/x.css';</style>",
    '<rect style="fill: url(https://example.org/x)"/>',
    '<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>',
]


def test_a_drawing_that_only_draws_is_taken() -> None:
    content = f"<?xml version='1.0'?>{HEAD}{PLAIN}</svg>".encode()

    assert looks_like_drawing(content)
    refuse_active_drawing(content)


@pytest.mark.parametrize("part", ACTIVE)
def test_a_drawing_that_acts_or_calls_outside_is_refused(part: str) -> None:
    with pytest.raises(Invalid):
        refuse_active_drawing(f"{HEAD}{part}</svg>".encode())


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><svg>&b;</svg>',
        b'<?xml-stylesheet href="https://example.org/x.css"?><svg/>',
        b"<svg><rect></svg>",
        b"<html><svg/></html>",
        b"<svg>" + b" " * MAX_BYTES + b"</svg>",
        b"<svg>\xff\xfe</svg>",
    ],
    ids=["entities", "stylesheet", "broken", "page", "huge", "bytes"],
)
def test_what_is_not_plainly_a_drawing_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        refuse_active_drawing(content)
