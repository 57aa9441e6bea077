"""Compiled templates for tests that build an application each: a template is compiled once a process, not once a test.

The key is Jinja's own: a template's file and what is in it. A running server has one application and needs none of it.
"""

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class _Kept(BytecodeCache):
    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        found = self._kept.get((bucket.key, bucket.checksum))
        if found is not None:
            bucket.bytecode_from_string(found)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


def keep_compiled_templates() -> None:
    """For every application that this process builds from now on."""
    Flask.jinja_options = {"bytecode_cache": _Kept()}
