"""Security: who may call, and over what.

tokens        tokens, their roles, and the file that holds them
token_cache   the tokens as last read, and how often each may call
certificates  a private CA and the certificates that it signs
tls           the daemon's certificates, read again on request
"""

from ashad.security.token_cache import Keyring
from ashad.security.tokens import (
    ROLES,
    Denied,
    Role,
    Token,
    TokenFile,
    TokenFileError,
    default_path,
)

__all__ = [
    "ROLES",
    "Denied",
    "Keyring",
    "Role",
    "Token",
    "TokenFile",
    "TokenFileError",
    "default_path",
]
