"""Whether a site's answer lets a browser show it in a frame of ours: X-Frame-Options and CSP's frame-ancestors.

A list of hosts never contains a school's box: only what allows everybody allows us.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def may_be_framed(headers: Mapping[str, str]) -> Answer:
    """`headers`: names in lower case; a header that came several times is joined by commas."""
    lists = list(_ancestor_lists(headers.get("content-security-policy", "")))
    if lists:  # then browsers do not look at the older header (CSP3, 6.4.2)
        return Answer.YES if all(_allows_all(one) for one in lists) else Answer.NO
    options = {word.strip().lower() for word in headers.get("x-frame-options", "").split(",")} - {""}
    return Answer.NO if options & {"deny", "sameorigin"} or len(options) > 1 else Answer.YES


def _ancestor_lists(policies: str) -> Iterator[list[str]]:
    """One for each policy that has the directive; of several in one policy the first counts."""
    for policy in policies.split(","):
        directives = (directive.split() for directive in policy.split(";"))
        named = (words for words in directives if words and words[0].lower() == "frame-ancestors")
        found = next(named, None)
        if found is not None:
            yield found[1:]


def _allows_all(sources: list[str]) -> bool:
    """`http:` takes both schemes, `https:` only what came over TLS: not enough for a page that may not have."""
    return any(source.lower() in ("*", "http:") for source in sources)
