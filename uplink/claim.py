"""Joining a city: from a code that a person typed to an identity, in steps that each may be the last before a cut.

    request.json    a person asked (services.city)
    key.pem         made once
    answer.json     the city gave its word: from here on nothing is asked twice
    authority.pem, certificate.pem
    restore.json    the replaced box left a backup: the appliance starts again with it (appliance.store.handover)
    the link        a row of the store; then answer.json goes

Whatever is found at the start is carried on. Before `answer.json` there is no identity, after it there is a whole one.
"""

import contextlib
import hmac
import json
from dataclasses import dataclass

from appliance.broker.credentials import write_atomically
from appliance.clock import Clock
from appliance.config import Config
from appliance.domain.people import APPLIANCE
from appliance.errors import PreauError
from appliance.services.city import City, ClaimRequest
from appliance.services.journal import record
from appliance.store.handover import Handover
from appliance.store.models import Device, database
from protocol.strict_json import Malformed
from protocol.uplink import PREFIX
from protocol.uplink_claim import (
    Claim,
    ClaimAnswer,
    authority_mark,
    encode_claim,
    encode_claim_answer,
    parse_claim_answer,
    read_code,
    secret_text,
)
from uplink.city_time import CityTime
from uplink.client import Client, Request, pinned, trusting
from uplink.keys import Keys, to_der
from uplink.line import JSON
from uplink.snapshots import NOTHING_KEPT, fetch_snapshot
from uplink.trouble import ClaimTrouble, Trouble, TroubleCode

_FINAL_STATUS = (400, 404, 409, 410, 413, 422)
_PEM_BYTES = 16_384
_NOT_BLANK = "not_blank"


@dataclass(frozen=True, slots=True)
class Box:
    """Who claims."""

    config: Config
    clock: Clock
    hardware: str
    software: str


@dataclass(frozen=True, slots=True)
class _Word:
    """The city's answer, and where it was given."""

    address: str
    answer: ClaimAnswer


class Claiming:
    def __init__(self, city: City, keys: Keys, city_time: CityTime) -> None:
        self._city = city
        self._keys = keys
        self._city_time = city_time
        self._word_path = keys.folder / "answer.json"

    def is_wanted(self) -> bool:
        """Cheap: two looks at files."""
        if self._word_path.exists():
            return True
        asked = self._city.pending_claim()
        return asked is not None and not asked.is_final

    def step(self, box: Box) -> bool:
        """True when something moved. Raises Trouble; one of ClaimTrouble ends it until a person asks again."""
        word = self._word()
        if word is None:
            asked = self._city.pending_claim()
            if asked is None or asked.is_final:
                return False
            word = self._ask(asked, box)
            self._keep_word(word)
        return self._finish(word, box)

    def _ask(self, asked: ClaimRequest, box: Box) -> _Word:
        try:
            code = read_code(asked.code)
        except Malformed as error:
            raise Trouble(ClaimTrouble.CODE, error.detail) from error
        self._keys.make()
        address = f"https://{asked.address}"
        authority = asked.authority or self._fetch_authority(address)
        if not hmac.compare_digest(authority_mark(_der(authority)), code.authority):
            raise Trouble(ClaimTrouble.AUTHORITY)
        claim = Claim(secret_text(code), self._keys.request(), box.hardware or "0", box.software)
        client = Client(address, pinned(authority, self._city_time.now), self._keys.folder)
        try:
            raw = client.ask(Request("POST", f"{PREFIX}/claim", encode_claim(claim), JSON)).body
        except Trouble as trouble:
            raise _final(trouble) from trouble
        finally:
            client.close()
        return _Word(asked.address, _checked(raw, authority))

    def _fetch_authority(self, address: str) -> str:
        """From whoever answers there: the mark in the code tells whether to believe it."""
        client = Client(address, trusting(self._city_time.now), self._keys.folder)
        try:
            raw = client.ask(Request("GET", f"{PREFIX}/authority", most=_PEM_BYTES)).body
        finally:
            client.close()
        try:
            return raw.decode("ascii")
        except UnicodeDecodeError as error:
            raise Trouble(TroubleCode.PORTAL, "no certificate there") from error

    def _finish(self, word: _Word, box: Box) -> bool:
        self._keys.keep(word.answer.authority, word.answer.certificate)
        handover = Handover(box.config)
        if word.answer.replaces and not self._has_handed_over(word, handover):
            return False  # the appliance starts again, and this process with it
        self._city.joined(word.answer, word.address)
        if word.answer.replaces and not handover.was_restored():
            why = handover.refusal() or (_NOT_BLANK if Device.select().exists() else NOTHING_KEPT)
            _say_refused(box, word.answer.appliance, why)
            self._city.note_takeover(why)
        self._word_path.unlink(missing_ok=True)
        handover.forget()
        return True

    def _has_handed_over(self, word: _Word, handover: Handover) -> bool:
        """Whether nothing of the replaced box is left to be fetched or put into place."""
        if handover.is_wanted():
            return False
        if handover.was_restored() or handover.refusal() or Device.select().exists():
            return True  # a box that has tablets of its own keeps them: nothing of a person's work is overwritten
        if not fetch_snapshot(self._client(word), handover.snapshot_path):
            return True  # the city kept none
        try:
            handover.check()
        except PreauError as error:
            raise Trouble(ClaimTrouble.SNAPSHOT, error.code) from error
        handover.ask()
        return False

    def _client(self, word: _Word) -> Client:
        context = pinned(word.answer.authority, self._city_time.now, self._keys)
        return Client(f"https://{word.address}", context, self._keys.folder)

    def _keep_word(self, word: _Word) -> None:
        told = {"address": word.address, "answer": json.loads(encode_claim_answer(word.answer))}
        write_atomically(self._word_path, json.dumps(told))

    def _word(self) -> _Word | None:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            told = json.loads(self._word_path.read_text())
            return _Word(str(told["address"]), parse_claim_answer(json.dumps(told["answer"]).encode()))
        return None


def _say_refused(box: Box, appliance: str, why: str) -> None:
    """Whoever looks for the old box's tablets finds here why they are not there."""
    with database.atomic("IMMEDIATE"):
        record(box.clock.now(), APPLIANCE, "city.takeover_refused", f"city:{appliance}", why=why)


def _der(authority: str) -> bytes:
    try:
        return to_der(authority)
    except Trouble as trouble:
        raise Trouble(TroubleCode.PORTAL, "no certificate there") from trouble


def _checked(raw: bytes, authority: str) -> ClaimAnswer:
    try:
        answer = parse_claim_answer(raw)
    except Malformed as error:
        raise Trouble(TroubleCode.FOREIGN, str(error)) from error
    if _der(answer.authority) != _der(authority):
        raise Trouble(ClaimTrouble.AUTHORITY)
    return answer


def _final(trouble: Trouble) -> Trouble:
    """What the city does not take now, it will not take later either."""
    if isinstance(trouble.code, ClaimTrouble) or trouble.status not in _FINAL_STATUS:
        return trouble
    return Trouble(ClaimTrouble.UNKNOWN, trouble.detail, status=trouble.status)
