"""Marks texts for translation where they stand; they are translated when somebody reads them."""


def N_(text: str) -> str:  # noqa: N802 - the name that pybabel looks for
    return text
