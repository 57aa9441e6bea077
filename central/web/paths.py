"""Where to go on: paths of this site only."""

from urllib.parse import urlsplit

from flask import request


def local_path(value: str | None) -> str:
    """A path of this site, or the start page for anything else."""
    if not value or not value.startswith("/") or value.startswith(("//", "/\\")) or len(value) > 2000:
        return "/"
    parts = urlsplit(value)
    if parts.scheme or parts.netloc or not value.isprintable() or "\\" in value:
        return "/"
    return value


def came_from() -> str:
    """The page of this site on which a button was pressed."""
    referrer = urlsplit(request.referrer or "")
    if referrer.netloc != request.host:
        return "/"
    return local_path(referrer.path + (f"?{referrer.query}" if referrer.query else ""))


def wanted() -> str:
    return local_path(request.values.get("next"))
