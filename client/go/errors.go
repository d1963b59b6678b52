package ashad

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// Error is the one error of this package: a refusal of the daemon, a daemon that could not be
// reached in time, or a call that cannot be right. Study finished, wait, stop and superseded are
// answers and never errors.
type Error struct {
	Code    string // name of the gRPC status, such as NOT_FOUND
	Reason  string // stable, such as REPORT_CONFLICT; empty where none was given
	Message string // what is wrong and how to mend it

	pushback time.Duration // how long the daemon asked to be left alone; below 0: it did not
	epoch    int64         // of the daemon that refused; 0 where it names none
	cause    error
}

func (e *Error) Error() string {
	if e.Reason == "" {
		return e.Code + ": " + e.Message
	}
	return e.Reason + ": " + e.Message
}

// Is says whether target is an *Error whose Code and Reason, where they are set, are those of e:
// errors.Is(err, ashad.ErrStudyNotFound).
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && (other.Code == "" || other.Code == e.Code) &&
		(other.Reason == "" || other.Reason == e.Reason)
}

// Unwrap returns context.Canceled where the caller's context was what ended a call.
func (e *Error) Unwrap() error { return e.cause }

// Reasons to compare with, by errors.Is. Any other: &ashad.Error{Reason: "STUDY_EXISTS"}.
var (
	ErrStudyNotFound  = &Error{Reason: "STUDY_NOT_FOUND"}
	ErrReportConflict = &Error{Reason: "REPORT_CONFLICT"}
	ErrTrialHeld      = &Error{Reason: "TRIAL_HELD"}      // a second trial in one client
	ErrNoTrial        = &Error{Reason: "NO_TRIAL"}        // the context's deadline came first
	ErrUnreachable    = &Error{Reason: "UNREACHABLE"}     // no answer in the time given
	ErrClosed         = &Error{Reason: "CLIENT_CLOSED"}   // Close was called
	ErrInvalid        = &Error{Code: "INVALID_ARGUMENT"}  // a field is wrong; the message names it
	ErrUnauthorized   = &Error{Code: "UNAUTHENTICATED"}   // no token, or one that opens nothing
	ErrForbidden      = &Error{Code: "PERMISSION_DENIED"} // the token is not for this call
)

// transient says whether the outcome is unknown or the daemon is busy: repeat with the same key.
func (e *Error) transient() bool {
	switch e.Code {
	case "UNAVAILABLE", "DEADLINE_EXCEEDED":
		return true
	case "RESOURCE_EXHAUSTED":
		return e.pushback >= 0
	case "CANCELLED": // nobody here cancelled: a daemon that hung up while it was stopping
		return e.Reason == "" && e.cause == nil
	}
	return false
}

// unheard says whether the daemon has not answered: what is queued waits. It waits too where its TLS
// cannot work, which is no outage for who asks: an administrator may renew a certificate meanwhile.
func (e *Error) unheard() bool { return e.transient() || strings.HasPrefix(e.Reason, "TLS_") }

func misuse(reason, message string) *Error {
	return &Error{Code: "FAILED_PRECONDITION", Reason: reason, Message: message, pushback: -1}
}

func invalid(message string) *Error {
	return &Error{Code: "INVALID_ARGUMENT", Reason: "INVALID_ARGUMENT", Message: message, pushback: -1}
}

// translate turns what gRPC returned into an *Error, nil into nil.
func translate(ctx context.Context, err error, trailer metadata.MD) *Error {
	if err == nil {
		return nil
	}
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	found := status.Convert(err)
	made := &Error{Code: codeNames[found.Code()], Message: found.Message(), pushback: -1, epoch: epochIn(trailer)}
	if values := trailer.Get("ashad-reason"); len(values) > 0 {
		made.Reason = values[0]
	}
	if values := trailer.Get("grpc-retry-pushback-ms"); len(values) > 0 {
		if ms, err := strconv.Atoi(values[0]); err == nil && ms >= 0 {
			made.pushback = time.Duration(ms) * time.Millisecond
		}
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		made.Code, made.cause = "CANCELLED", context.Canceled
	}
	return made
}

var codeNames = map[codes.Code]string{
	codes.Canceled: "CANCELLED", codes.Unknown: "UNKNOWN", codes.InvalidArgument: "INVALID_ARGUMENT",
	codes.DeadlineExceeded: "DEADLINE_EXCEEDED", codes.NotFound: "NOT_FOUND",
	codes.AlreadyExists: "ALREADY_EXISTS", codes.PermissionDenied: "PERMISSION_DENIED",
	codes.ResourceExhausted: "RESOURCE_EXHAUSTED", codes.FailedPrecondition: "FAILED_PRECONDITION",
	codes.Aborted: "ABORTED", codes.OutOfRange: "OUT_OF_RANGE", codes.Unimplemented: "UNIMPLEMENTED",
	codes.Internal: "INTERNAL", codes.Unavailable: "UNAVAILABLE", codes.DataLoss: "DATA_LOSS",
	codes.Unauthenticated: "UNAUTHENTICATED",
}
