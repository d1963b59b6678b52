"""Security: who may call, how often, and over what.

tokens        tokens, their roles, and the file that holds them
token_cache   the tokens as the file has them now
rate_limit    how often a token, or an address without one, may call
limits        what gRPC itself bounds: connections, calls, headers, messages
certificates  a private CA and the certificates that it signs
tls           the daemon's certificates, reloaded on request
"""

from ashad.security.rate_limit import RateLimiter
from ashad.security.token_cache import TokenCache
from ashad.security.tokens import (
    MAX_LABEL,
    ROLES,
    DeniedError,
    Role,
    Token,
    TokenFile,
    TokenFileError,
    default_path,
)

__all__ = [
    "MAX_LABEL",
    "ROLES",
    "DeniedError",
    "RateLimiter",
    "Role",
    "Token",
    "TokenCache",
    "TokenFile",
    "TokenFileError",
    "default_path",
]
