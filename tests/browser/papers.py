"""Things that a teacher hands out, each real: a PDF of several pages, a drawing, a sound, a film, a text.

Made here, byte for byte, so that a test knows what must be seen. No file of anybody's is kept in the repository.
"""

import base64
import io
import math
import struct
import wave
import zlib
from pathlib import Path

from playwright.sync_api import Page

RATE_HZ = 8000
_FILM = """() => new Promise((done) => {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: 160, height: 120 });
    const pen = canvas.getContext("2d");
    const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: "video/webm;codecs=vp8" });
    const parts = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    recorder.onstop = () => {
        const reader = new FileReader();
        reader.onload = () => done(reader.result.split(",")[1]);
        reader.readAsDataURL(new Blob(parts));
    };
    recorder.start();
    let left = 12;
    const draw = () => {
        pen.fillStyle = left % 2 ? "red" : "green";
        pen.fillRect(0, 0, 160, 120);
        if ((left -= 1) > 0) setTimeout(draw, 50);
        else recorder.stop();
    };
    draw();
})"""


def pdf(pages: int = 3) -> bytes:
    """Each page is one dark square on white, so that what is drawn can be told from an empty canvas."""
    kids = " ".join(f"{3 + 2 * number} 0 R" for number in range(pages))
    bodies = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>"]
    drawing = "0.1 0.1 0.1 rg 100 300 300 300 re f"
    for number in range(pages):
        bodies += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> /Contents {4 + 2 * number} 0 R >>",
            f"<< /Length {len(drawing)} >>\nstream\n{drawing}\nendstream",
        ]
    return _with_index(bodies)


def _with_index(bodies: list[str]) -> bytes:
    written, places = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(written))
        written += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(bodies) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\n"
    return written + f"{end}startxref\n{len(written)}\n%%EOF\n".encode()


def drawing(width: int = 120, height: int = 80) -> bytes:
    """A PNG in one colour."""
    rows = (b"\x00" + bytes((0, 95, 115)) * width) * height

    def part(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b"")


def sound(seconds: int = 20) -> bytes:
    """A quiet tone, as WAV."""
    tone = b"".join(
        struct.pack("<h", int(2000 * math.sin(2 * math.pi * 440 * tick / RATE_HZ))) for tick in range(RATE_HZ)
    )
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(tone * seconds)
    return written.getvalue()


def film(page: Page) -> bytes:
    """A WebM that this browser itself records: half a second of changing colour."""
    return base64.b64decode(page.evaluate(_FILM))


def write_large_pdf(path: Path, size: int) -> None:
    """Almost `size` bytes: a small book behind one large thing that nobody looks at, as behind many photographs."""
    book, end = pdf(), b"\nendstream\nendobj\n"
    filler = size - len(book) - len(end)
    start = b"%%PDF-1.4\n99 0 obj\n<< /Length %d >>\nstream\n" % (filler - 60)
    with path.open("wb") as file:
        file.write(start)
        file.seek(len(start) + filler - 60)
        file.write(end)
        file.write(_moved(book, file.tell()))


def _moved(book: bytes, by: int) -> bytes:
    """The same book, `by` bytes further behind: its table says where its parts are."""
    start = int(book.rsplit(b"startxref\n", 1)[1].split()[0])
    body, end = book[:start], book[start:]
    lines = [
        b"%010d 00000 n " % (int(line[:10]) + by) if line.endswith(b" 00000 n ") else line for line in end.split(b"\n")
    ]
    moved = b"\n".join(lines)
    return body + moved.replace(b"startxref\n%d" % start, b"startxref\n%d" % (start + by))
