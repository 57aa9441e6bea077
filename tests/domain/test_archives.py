from collections.abc import Sequence
from dataclasses import replace

import pytest

from appliance.domain.archives import MAX_ENTRIES, MAX_UNPACKED_BYTES, Archive, Entry, archive_kind
from appliance.domain.documents import DOCX, EPUB, GEOGEBRA, ODT, PPTX, XLSX, Kind
from appliance.errors import Invalid


def archive(names: Sequence[str], mimetype: str = "") -> Archive:
    entries = [Entry(name, 100, 50, 200 * place) for place, name in enumerate(names)]
    return Archive(entries, 200 * len(entries) + 100, mimetype)


def changed(**changes: object) -> Archive:
    whole = archive(["[Content_Types].xml", "word/document.xml"])
    return replace(whole, entries=[whole.entries[0], replace(whole.entries[1], **changes)])  # type: ignore[arg-type]  # any of its fields, by name


@pytest.mark.parametrize(
    ("names", "mimetype", "kind"),
    [
        (["[Content_Types].xml", "word/document.xml"], "", DOCX),
        (["[Content_Types].xml", "xl/workbook.xml"], "", XLSX),
        (["[Content_Types].xml", "ppt/presentation.xml"], "", PPTX),
        (["mimetype", "content.xml", "META-INF/manifest.xml"], "application/vnd.oasis.opendocument.text", ODT),
        (["mimetype", "META-INF/container.xml"], "application/epub+zip", EPUB),
        (["geogebra.xml", "geogebra_javascript.js"], "", GEOGEBRA),
    ],
)
def test_documents_that_are_zips_are_recognized(names: list[str], mimetype: str, kind: Kind) -> None:
    assert archive_kind(archive(names, mimetype)) is kind


@pytest.mark.parametrize(
    "name", ["AndroidManifest.xml", "classes.dex", "META-INF/MANIFEST.MF", "word/vbaProject.bin", "run.EXE", "lib/a.so"]
)
def test_a_program_inside_is_found(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        archive_kind(archive(["[Content_Types].xml", "word/document.xml", name]))
    assert refused.value.code == "document_executable"


def test_a_zip_that_is_only_a_zip_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        archive_kind(archive(["photo1.jpg", "photo2.jpg"]))
    assert refused.value.code == "document_zip"


@pytest.mark.parametrize(
    "bomb",
    [
        changed(name="../word/document.xml"),
        changed(name="/etc/passwd"),
        changed(name="..\\x"),
        changed(name="C:x"),
        changed(name="a\0b"),
        changed(name=""),
        changed(is_link=True),
        changed(is_encrypted=True),
        changed(start=60),  # inside the first entry
        changed(packed=10_000),  # beyond the end of the file
        changed(size=MAX_UNPACKED_BYTES + 1),
        changed(size=300 * 1024 * 1024),  # 300 MB out of 500 bytes
        archive(["same", "same"]),
        archive([f"{number}" for number in range(MAX_ENTRIES + 1)]),
    ],
    ids=range(14),
)
def test_bombs_and_names_that_lead_outside_are_refused(bomb: Archive) -> None:
    with pytest.raises(Invalid) as refused:
        archive_kind(bomb)
    assert refused.value.code == "document_bomb"
