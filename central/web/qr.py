"""QR codes as drawings inside a page; the only place of central that knows segno."""

import io

import segno
from markupsafe import Markup


def qr_drawing(text: str) -> Markup:
    """An SVG that fills its box. Black on white whatever the page's colours are: cameras need it so."""
    drawing = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        drawing, kind="svg", xmldecl=False, svgns=False, omitsize=True, border=4, light="#fff", svgclass="qr"
    )
    return Markup(drawing.getvalue().decode())  # noqa: S704 - segno draws squares; no text of ours is in it
