"""On which screens, in which language and light pages are read: every pair of two of them once."""

from tests.support.chromium import Size

LOOKS = {
    "French, light, phone": Size(360, 780, finger=True),
    "French, dark, laptop": Size(1366, 768, dark=True),
    "English, light, laptop": Size(1366, 768, language="en-GB"),
    "English, dark, phone": Size(360, 780, dark=True, finger=True, language="en-GB"),
}


def code_of(look: Size) -> str:
    return look.language[:2]
