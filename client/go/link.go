package ashad

import (
	"context"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// link is a connection to each address, made when first used. One of them is called; where nothing
// answers there the next is tried, with the same request, and kept to as long as it answers.
type link struct {
	ways  []way
	epoch *epoch
	at    atomic.Int64 // the way that answered last
}

// way is the connection to one address.
type way struct {
	options Options // of one address
	conn    *grpc.ClientConn
	epoch   *epoch // shown with each try; learns what stands beside the answer
}

type wayKey struct{} // of a context: the number of the way that a call takes

func newLink(options Options) (*link, error) {
	l := &link{epoch: &epoch{worker: options.Worker}}
	for _, address := range splitTargets(options.Address) {
		one := options
		one.Address = address
		conn, err := one.dial()
		if err != nil {
			_ = l.close()
			return nil, err
		}
		l.ways = append(l.ways, way{one, conn, l.epoch})
	}
	return l, nil
}

// Invoke makes a call at the address that its context names: the stubs call it.
func (l *link) Invoke(ctx context.Context, method string, args, reply any, options ...grpc.CallOption) error {
	return l.ways[ctx.Value(wayKey{}).(int)].conn.Invoke(ctx, method, args, reply, options...)
}

// NewStream is there for the stubs; the contract of a worker has no streams.
func (l *link) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, options ...grpc.CallOption) (grpc.ClientStream, error) {
	return l.ways[ctx.Value(wayKey{}).(int)].conn.NewStream(ctx, desc, method, options...)
}

// try makes one try of one call, at one address after the other, all within one timeout.
func (l *link) try(whole context.Context, timeout time.Duration, wait bool,
	call func(context.Context, ...grpc.CallOption) error) *Error {
	end := time.Now().Add(timeout)
	wait = wait && len(l.ways) == 1 // elsewhere it may be answered at once
	first := int(l.at.Load())
	var failed *Error
	for step := range l.ways {
		at := (first + step) % len(l.ways)
		failed = l.ways[at].try(context.WithValue(whole, wayKey{}, at), time.Until(end), wait, call)
		if failed == nil || !l.passesOn(failed, at, end) {
			break
		}
	}
	return failed
}

// passesOn leaves an address where nothing answers, and says whether to try the next at once.
func (l *link) passesOn(failed *Error, at int, end time.Time) bool {
	away := failed.Reason == "" && (failed.Code == "UNAVAILABLE" || failed.Code == "DEADLINE_EXCEEDED")
	if !away && failed.Reason != superseded {
		return false
	}
	l.at.CompareAndSwap(int64(at), int64((at+1)%len(l.ways)))
	return failed.Code == "UNAVAILABLE" && time.Now().Before(end)
}

func (l *link) close() (err error) {
	for _, way := range l.ways {
		if failed := way.conn.Close(); failed != nil {
			err = failed
		}
	}
	return err
}

// try makes one try at this address, with the token as its file has it now.
func (w way) try(whole context.Context, timeout time.Duration, wait bool,
	call func(context.Context, ...grpc.CallOption) error) *Error {
	ctx, cancel := context.WithTimeout(whole, timeout)
	defer cancel()
	if w.options.TokenFile != "" {
		token, err := w.options.token()
		if err != nil {
			return err.(*Error)
		}
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
	}
	var trailer metadata.MD
	err := call(w.epoch.show(ctx), grpc.Trailer(&trailer), grpc.WaitForReady(wait))
	failed := translate(ctx, err, trailer)
	if failed == nil {
		w.epoch.hear(trailer)
	}
	if failed != nil && failed.Reason == "" &&
		(failed.Code == "UNAVAILABLE" || wait && failed.Code == "DEADLINE_EXCEEDED") {
		if ctx.Err() == nil { // within the time of this try, or training would be held up
			whole = ctx
		}
		if wrong := w.options.diagnose(whole); wrong != nil {
			return wrong
		}
	}
	return failed
}
