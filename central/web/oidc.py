"""Signing in through the city's identity provider (OpenID Connect, code flow with PKCE). The home of authlib.

The provider's answer is checked by authlib: state, nonce, signature, issuer, audience. Whom it means is `directory`'s.
Imported where it is used: the library is large, and a city without such a provider never needs it.
"""

import logging
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Flask, session
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.config import Config
from central.errors import Denied, NotFound, Unavailable
from central.services.directory import is_strong
from central.web.access import Door, allows
from central.web.entrance import Entrance
from central.web.paths import local_path, wanted

_log = logging.getLogger("oidc")
_PATIENCE_SECONDS = 10
_NEXT = "oidc-next"


def make_oidc(app: Flask, services: Services, entrance: Entrance) -> Blueprint:
    pages = Blueprint("oidc", __name__)
    client = _client(app, services.config)

    @pages.get("/sign-in/oidc")
    @allows(Door.PUBLIC)
    def begin() -> ResponseReturnValue:
        if client is None:
            raise NotFound("not_found")
        session[_NEXT] = wanted()
        return _sent_there(client, f"{services.config.console_url}/sign-in/oidc/answer")

    @pages.get("/sign-in/oidc/answer")
    @allows(Door.PUBLIC)
    def answered() -> ResponseReturnValue:
        """The second factor is ours to ask unless the provider says that it has asked for one."""
        if client is None:
            raise NotFound("not_found")
        claims = _claims(client, services.config)
        target = local_path(session.pop(_NEXT, "/"))
        return entrance.let_in(services.directory.match(claims), target, is_strong=is_strong(claims))

    return pages


def _client(app: Flask, config: Config) -> Any:
    """None without a provider. Its description is fetched at the first sign-in, not at the start."""
    if not config.oidc_issuer:
        return None
    secret = "" if config.oidc_secret_path is None else config.oidc_secret_path.read_text(encoding="utf-8").strip()
    from authlib.integrations.flask_client import OAuth

    return OAuth(app).register(
        "city",
        server_metadata_url=f"{config.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
        client_id=config.oidc_client,
        client_secret=secret,
        client_kwargs={
            "scope": "openid email profile",
            "code_challenge_method": "S256",
            "default_timeout": _PATIENCE_SECONDS,
        },
    )


def _sent_there(client: Any, answer_url: str) -> ResponseReturnValue:
    from authlib.common.errors import AuthlibBaseError
    from requests import RequestException

    try:
        found: ResponseReturnValue = client.authorize_redirect(answer_url)
    except (RequestException, AuthlibBaseError) as error:
        raise _away(error) from None
    return found


def _claims(client: Any, config: Config) -> Mapping[str, object]:
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError
    from requests import RequestException

    own_issuer = {"iss": {"essential": True, "values": [config.oidc_issuer]}}
    try:
        token = client.authorize_access_token(claims_options=own_issuer)
    except RequestException as error:
        raise _away(error) from None
    except (AuthlibBaseError, JoseError, ValueError, KeyError) as error:
        _log.warning("oidc_refused error=%s", type(error).__name__)
        raise Denied("oidc_refused") from None
    claims = token.get("userinfo")
    if not claims:
        raise Denied("oidc_refused")
    return dict(claims)


def _away(error: Exception) -> Unavailable:
    _log.warning("oidc_away error=%s", type(error).__name__)
    return Unavailable("oidc_away")
