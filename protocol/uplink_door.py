"""The small forms of the city's door: its routes, its refusals, the claim file, a renewed certificate.

Owns their form. The claim itself is in `uplink_claim`, hello and batches are in `uplink`.

    GET  authority     no certificate: PEM, to be compared with the code's mark
    POST claim         no certificate: Claim -> ClaimAnswer
    POST renew         no certificate: Renewal (the old one has expired) -> CertificateAnswer
    POST certificate   CertificateRequest -> CertificateAnswer
"""

from dataclasses import dataclass
from enum import StrEnum

from protocol.fields import Fields, text
from protocol.strict_json import read_object, write_object
from protocol.uplink import MAX_BODY_BYTES, VERSION, check_version

CLAIM_FILE = "ville.preau.json"
PEM_MEDIA_TYPE = "application/x-pem-file"
_pem = text(16384)


class DoorRefusal(StrEnum):
    """`error` of an answer {"error": word}: what a box cannot mend by sending the same again."""

    CERTIFICATE_MISSING = "certificate_missing"
    CERTIFICATE_UNKNOWN = "certificate_unknown"
    CERTIFICATE_EXPIRED = "certificate_expired"  # /renew helps, for a year
    CERTIFICATE_REVOKED = "certificate_revoked"
    APPLIANCE_REVOKED = "appliance_revoked"
    APPLIANCE_REPLACED = "appliance_replaced"
    CODE_UNKNOWN = "code_unknown"
    CODE_USED = "code_used"
    CODE_EXPIRED = "code_expired"
    CODE_REVOKED = "code_revoked"
    BAD_CSR = "bad_csr"
    BAD_SIGNATURE = "bad_signature"
    RENEWAL_TOO_LATE = "renewal_too_late"


@dataclass(frozen=True, slots=True)
class ClaimFile:
    """What the code says and where to bring it. `address`: host:port. `authority`: PEM."""

    address: str
    code: str
    authority: str


@dataclass(frozen=True, slots=True)
class CertificateAnswer:
    """PEM, both."""

    certificate: str
    authority: str


def parse_claim_file(raw: bytes) -> ClaimFile:
    fields = Fields(read_object(raw))
    check_version(fields)
    return ClaimFile(
        address=fields.need("address", text(300)),
        code=fields.need("code", text(100)),
        authority=fields.need("authority", _pem),
    )


def encode_claim_file(file: ClaimFile) -> bytes:
    return write_object({"v": VERSION, "address": file.address, "code": file.code, "authority": file.authority})


def parse_certificate_request(raw: bytes) -> str:
    """The CSR (PEM) of one who showed his certificate."""
    fields = Fields(read_object(raw))
    check_version(fields)
    return fields.need("csr", _pem)


def encode_certificate_request(csr: str) -> bytes:
    return write_object({"v": VERSION, "csr": csr})


def parse_certificate_answer(raw: bytes) -> CertificateAnswer:
    fields = Fields(read_object(raw, MAX_BODY_BYTES))
    check_version(fields)
    return CertificateAnswer(fields.need("certificate", _pem), fields.need("authority", _pem))


def encode_certificate_answer(answer: CertificateAnswer) -> bytes:
    return write_object({"v": VERSION, "certificate": answer.certificate, "authority": answer.authority})
