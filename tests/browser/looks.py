"""On which screens, in which language and light pages are read: each of them once."""

from tests.support.chromium import Size

LOOKS = {
    "French, light, phone": Size(360, 780, finger=True),
    "English, dark, laptop": Size(1366, 768, dark=True, language="en-GB"),
}


def code_of(look: Size) -> str:
    return look.language[:2]
