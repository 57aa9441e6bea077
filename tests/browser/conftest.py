"""What tests of the pages share."""

from tests.support.page_fixtures import box, chromium, desk, durand

__all__ = ["box", "chromium", "desk", "durand"]
