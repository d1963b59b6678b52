"""Refusals: what a caller did wrong, with a stable reason and the fix. Never a bug of our own."""

from __future__ import annotations

import enum


class RefusalKind(enum.Enum):
    """What sort of refusal; the service maps each to one gRPC status of the same name."""

    INVALID_ARGUMENT = "the request is wrong, whatever the state"
    NOT_FOUND = "there is no such thing"
    ALREADY_EXISTS = "it is there, with other content"
    FAILED_PRECONDITION = "the request is right, but not in this state"
    RESOURCE_EXHAUSTED = "too much, or no room"
    DATA_LOSS = "what is kept is damaged, and no repetition helps"
    UNAVAILABLE = "not now; repeat the call with the same key"
    UNIMPLEMENTED = "this version does not serve it"
    UNAUTHENTICATED = "it is not known who calls"
    PERMISSION_DENIED = "it is known who calls, and it is not for them"


class RefusalError(Exception):
    """A call that was refused and changed nothing.

    `reason` is stable and UPPER_SNAKE; `message` names the field and the fix; `fields` are facts a
    program may want, as text (`last_resource`, say).
    """

    def __init__(self, kind: RefusalKind, reason: str, message: str, **fields: object) -> None:
        super().__init__(message)
        self.kind = kind
        self.reason = reason
        self.message = message
        self.fields = {name: str(value) for name, value in fields.items()}


def invalid(field: str, fix: str, reason: str = "INVALID_FIELD") -> RefusalError:
    """Return the refusal of a malformed request: `field` is wrong, `fix` says what is right."""
    return RefusalError(RefusalKind.INVALID_ARGUMENT, reason, f"{field}: {fix}", field=field)


def not_found(reason: str, message: str) -> RefusalError:
    """Return the refusal of a call about something that is not there."""
    return RefusalError(RefusalKind.NOT_FOUND, reason, message)


def no_study(name: str) -> RefusalError:
    """Return the refusal of a study that is not there, or not for the caller to know of."""
    return not_found("STUDY_NOT_FOUND", f"there is no study {name[:200]!r}; create it first")


def conflict(reason: str, message: str, **fields: object) -> RefusalError:
    """Return the refusal of a repeated key with other content."""
    return RefusalError(RefusalKind.ALREADY_EXISTS, reason, message, **fields)


def not_now(reason: str, message: str, **fields: object) -> RefusalError:
    """Return the refusal of a call that the state does not allow."""
    return RefusalError(RefusalKind.FAILED_PRECONDITION, reason, message, **fields)
