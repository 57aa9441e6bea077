import struct
import zipfile
from pathlib import Path

import pytest

from appliance.cache.archives import read_archive
from appliance.domain.archives import MAX_ENTRIES, archive_kind
from appliance.domain.documents import ODT
from appliance.errors import Invalid


def make_zip(path: Path, parts: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in parts.items():
            kept_plain = zipfile.ZIP_STORED if name == "mimetype" else compression
            archive.writestr(zipfile.ZipInfo(name), content, kept_plain)
    return path


def test_an_opendocument_is_read_with_what_it_says_it_is(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x", {"mimetype": ODT.mime.encode(), "content.xml": b"<x/>" * 100})

    archive = read_archive(path)

    assert archive.mimetype == ODT.mime
    assert [(entry.name, entry.size) for entry in archive.entries] == [
        ("mimetype", len(ODT.mime)),
        ("content.xml", 400),
    ]
    assert archive_kind(archive) is ODT


def test_a_bomb_is_seen_without_being_unpacked(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x", {"[Content_Types].xml": b"x", "word/document.xml": b"\0" * 300_000_000})
    assert path.stat().st_size < 1_000_000

    with pytest.raises(Invalid) as refused:
        archive_kind(read_archive(path))

    assert refused.value.code == "document_bomb"


def test_a_listing_without_end_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(MAX_ENTRIES + 1):
            archive.writestr(f"{number}", b"")

    with pytest.raises(Invalid) as refused:
        read_archive(path)

    assert refused.value.code == "document_bomb"


def test_a_listing_that_hides_its_length_behind_the_larger_form_is_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x", {"word/document.xml": b"x"})
    content = path.read_bytes()
    end = content.rindex(b"PK\x05\x06")
    record = b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, 10**6, 10**6, 10**9, 0)
    locator = b"PK\x06\x07" + struct.pack("<IQI", 0, end, 1)
    path.write_bytes(content[:end] + record + locator + content[end:])

    with pytest.raises(Invalid) as refused:
        read_archive(path)

    assert refused.value.code == "document_bomb"


def test_a_link_inside_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")

    assert read_archive(path).entries[0].is_link


def test_a_zip_cut_at_any_place_is_damaged_and_no_failure_of_ours(tmp_path: Path) -> None:
    content = make_zip(tmp_path / "x", {"mimetype": b"application/epub+zip", "a": b"b" * 50}).read_bytes()
    for length in range(4, len(content)):
        path = tmp_path / "cut"
        path.write_bytes(content[:length])
        with pytest.raises(Invalid):
            read_archive(path)


def test_a_zip_with_any_byte_changed_is_read_or_refused(tmp_path: Path) -> None:
    content = make_zip(tmp_path / "x", {"mimetype": b"application/epub+zip", "a": b"b" * 50}).read_bytes()
    for place in range(len(content)):
        path = tmp_path / "changed"
        path.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        try:
            read_archive(path)
        except Invalid as refused:
            assert refused.code in ("document_damaged", "document_bomb")
