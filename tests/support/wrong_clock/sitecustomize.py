"""Loaded by every Python process under a wrong clock: libfaketime 0.9.10 makes absolute sleeps on CLOCK_MONOTONIC
fail with EINVAL, and `time.sleep` is one since Python 3.11. Waiting in `select` is left alone."""

import select
import time


def sleep(seconds: float) -> None:
    select.select([], [], [], seconds)


time.sleep = sleep  # type: ignore[assignment]  # narrower, and nobody passes an index  # noqa: TID251 - replaced, not called
