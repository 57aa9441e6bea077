"""What can stop the uplink, in words that are stored and that the page turns into sentences. Owns the words only."""

from enum import StrEnum


class TroubleCode(StrEnum):
    """The first that fits, from the nearest wire to the furthest table."""

    DNS = "dns"  # the city's name is not known here
    UNREACHABLE = "unreachable"  # no route: the cable, the router, the provider
    REFUSED = "refused"  # the machine answers, nothing listens
    TIMEOUT = "timeout"  # no answer in time
    SLOW = "slow"  # so slow that it was given up
    CUT = "cut"  # ended in the middle
    PROXY = "proxy"  # the academy's proxy does not let us through
    PORTAL = "portal"  # something on the way answered in the city's place
    TLS = "tls"  # not the city's certificate, or not its name
    EXPIRED = "expired"  # the certificate of the city's server is out of date
    CLOCK = "clock"  # the city's signed time was not one
    FOREIGN = "foreign"  # an answer to another question: no acknowledgement
    BUSY = "busy"  # the city asks to come back later
    SERVER = "server"  # the city's server has a trouble of its own
    CITY_FULL = "city_full"  # its disk
    REFUSED_US = "refused_us"  # it does not take our certificate
    REJECTED = "rejected"  # it does not take what was sent
    CERTIFICATE = "certificate"  # ours is out of date and could not be renewed
    TOO_OLD = "too_old"  # we speak a version that the city has forgotten
    FENCED = "fenced"
    REVOKED = "revoked"
    REPLACED = "replaced"
    FULL = "full"  # the box's own disk
    IDENTITY = "identity"  # key or certificate on the box cannot be read


class ClaimTrouble(StrEnum):
    """What can end a claim: a person must type another code. The last two pass: it is tried again."""

    CODE = "claim_code"  # not a code
    AUTHORITY = "claim_authority"  # whoever answers there is not the city that gave the code
    UNKNOWN = "claim_unknown"  # the city does not know the code, or has withdrawn it
    USED = "claim_used"
    LATE = "claim_expired"
    NOT_READY = "claim_not_ready"  # the city has no root key yet: the code stays good
    SNAPSHOT = "claim_snapshot"  # the old box's backup could not be put into place


class Trouble(Exception):
    """`retry_after`: seconds that the city asked for. `status` and `answer`: what was answered, if anything was."""

    def __init__(
        self, code: TroubleCode | ClaimTrouble, detail: str = "", *, retry_after: float | None = None, status: int = 0,
        answer: bytes = b"",
    ) -> None:  # fmt: skip
        super().__init__(f"{code.value}: {detail}" if detail else code.value)
        self.code = code
        self.detail = detail[:500]
        self.retry_after = retry_after
        self.status = status
        self.answer = answer


STANDINGS = {"fenced": TroubleCode.FENCED, "revoked": TroubleCode.REVOKED, "replaced": TroubleCode.REPLACED}
