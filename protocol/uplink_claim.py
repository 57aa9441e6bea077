"""Joining the city: the claim code, the claim, a renewed certificate (docs/decisions/city.md, Identity).

Owns their form. Keys and certificates are made and checked by the two ends, with a library.
"""

import hashlib
from dataclasses import dataclass

from protocol.fields import Fields, flag, remark, text
from protocol.strict_json import Malformed, Reason, read_object, write_object
from protocol.uplink import MAX_BODY_BYTES, VERSION, check_version

SECRET_BYTES = 15
AUTHORITY_BYTES = 10
_GROUP = 4
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})
_CODE_CHARS = (SECRET_BYTES + AUTHORITY_BYTES) * 8 // 5
_pem = text(16384)
_base64 = text(4096)


@dataclass(frozen=True, slots=True)
class ClaimCode:
    """`authority`: the first bytes of the SHA-256 of the city's authority certificate (DER)."""

    secret: bytes
    authority: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """`secret`: base 32, as in the code. `csr`: PEM."""

    secret: str
    csr: str
    hardware: str
    software: str


@dataclass(frozen=True, slots=True)
class ClaimAnswer:
    """PEM and base64. `root`: the city's offline key (Ed25519). `replaces`: a snapshot waits for this box."""

    appliance: str
    uai: str
    school_name: str
    city: str
    certificate: str
    authority: str
    root: str
    time_key: str  # the online key that signs times and configurations (Ed25519)
    broker: str  # host:port of the city's broker; empty when there is none
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Renewal:
    """`certificate`: the old one, perhaps expired. `signature`: by its key (ECDSA, SHA-256) over the new `csr`."""

    certificate: str
    csr: str
    signature: str


def authority_mark(authority_der: bytes) -> bytes:
    return hashlib.sha256(authority_der).digest()[:AUTHORITY_BYTES]


def write_code(code: ClaimCode) -> str:
    """Ten groups of four, as people read them to each other."""
    letters = _base32(code.secret + code.authority)
    return "-".join(letters[place : place + _GROUP] for place in range(0, len(letters), _GROUP))


def read_code(typed: str) -> ClaimCode:
    """As people type it: any case, blanks, O for 0. Raises Malformed."""
    letters = "".join(char for char in typed.upper() if char.isalnum()).translate(_READ_AS)
    if len(letters) != _CODE_CHARS:
        raise Malformed(Reason.OUT_OF_RANGE, f"code: not {_CODE_CHARS} letters and digits")
    number = 0
    for char in letters:
        digit = _ALPHABET.find(char)
        if digit < 0:
            raise Malformed(Reason.UNKNOWN_VALUE, "code: a letter that codes do not use")
        number = number * 32 + digit
    raw = number.to_bytes(SECRET_BYTES + AUTHORITY_BYTES, "big")
    return ClaimCode(raw[:SECRET_BYTES], raw[SECRET_BYTES:])


def secret_text(code: ClaimCode) -> str:
    return _base32(code.secret)


def _base32(raw: bytes) -> str:
    number, letters = int.from_bytes(raw, "big"), ""
    for _ in range(len(raw) * 8 // 5):
        number, digit = divmod(number, 32)
        letters = _ALPHABET[digit] + letters
    return letters


def parse_claim(raw: bytes) -> Claim:
    fields = Fields(read_object(raw))
    check_version(fields)
    return Claim(
        secret=fields.need("secret", text(64)),
        csr=fields.need("csr", _pem),
        hardware=fields.need("hardware", text(64)),
        software=fields.need("software", remark(64)),
    )


def encode_claim(claim: Claim) -> bytes:
    return write_object(
        {"v": VERSION, "secret": claim.secret, "csr": claim.csr, "hardware": claim.hardware, "software": claim.software}
    )


def parse_claim_answer(raw: bytes) -> ClaimAnswer:
    fields = Fields(read_object(raw, MAX_BODY_BYTES))
    check_version(fields)
    return ClaimAnswer(
        appliance=fields.need("appliance", text(64)),
        uai=fields.need("uai", text(8)),
        school_name=fields.need("school_name", remark(200)),
        city=fields.need("city", remark(200)),
        certificate=fields.need("certificate", _pem),
        authority=fields.need("authority", _pem),
        root=fields.need("root", _base64),
        time_key=fields.need("time_key", _base64),
        broker=fields.maybe("broker", text(300, 0)) or "",
        replaces=bool(fields.maybe("replaces", flag)),
    )


def encode_claim_answer(answer: ClaimAnswer) -> bytes:
    return write_object(
        {
            "v": VERSION,
            "appliance": answer.appliance,
            "uai": answer.uai,
            "school_name": answer.school_name,
            "city": answer.city,
            "certificate": answer.certificate,
            "authority": answer.authority,
            "root": answer.root,
            "time_key": answer.time_key,
            "broker": answer.broker,
            "replaces": answer.replaces,
        },
        MAX_BODY_BYTES,
    )


def parse_renewal(raw: bytes) -> Renewal:
    fields = Fields(read_object(raw))
    check_version(fields)
    return Renewal(
        certificate=fields.need("certificate", _pem),
        csr=fields.need("csr", _pem),
        signature=fields.need("signature", _base64),
    )


def encode_renewal(renewal: Renewal) -> bytes:
    return write_object(
        {"v": VERSION, "certificate": renewal.certificate, "csr": renewal.csr, "signature": renewal.signature}
    )
