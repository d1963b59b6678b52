package ashad

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/metadata"
)

const (
	remembered   = 10 * time.Minute // a replica that is further behind loses what was said before
	mostSaid     = 1000
	epochKey     = "ashad-epoch"
	workerKey    = "ashad-worker"
	takenOver    = "EPOCH_CHANGED"     // this client shows an earlier epoch than the daemon's
	superseded   = "DAEMON_SUPERSEDED" // another daemon has taken over from the one that answers
	longestEpoch = 9                   // digits
)

// epoch is the one of the daemon that this client knows (0: no daemon has named one), and what was
// answered lately. A standby that took over refuses who shows an earlier epoch: its file may lack the
// last moments of the other, so what was answered is said again, in its order, before anything else.
type epoch struct {
	number atomic.Int64
	worker string
	said   []spoken // guarded by the client's lock
}

type spoken struct {
	at time.Time
	it *item
}

// show puts what this client knows beside a call.
func (e *epoch) show(ctx context.Context) context.Context {
	number := e.number.Load()
	if number == 0 {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, epochKey, strconv.FormatInt(number, 10), workerKey, e.worker)
}

// hear takes in what stands beside an answer; a later epoch than is known comes with a refusal only.
func (e *epoch) hear(trailer metadata.MD) { e.number.CompareAndSwap(0, epochIn(trailer)) }

// remember keeps what was answered, for a while.
func (e *epoch) remember(it *item) {
	if e.number.Load() == 0 {
		return
	}
	now := time.Now()
	old := 0
	for old < len(e.said) && (now.Sub(e.said[old].at) > remembered || len(e.said)-old >= mostSaid) {
		old++
	}
	e.said = append(e.said[old:], spoken{now, it})
}

// change goes on in the epoch that a refusal names, and returns what is to be said again, in order.
func (e *epoch) change(number int64) []*item {
	if number <= e.number.Load() {
		return nil // another call was told as well
	}
	e.number.Store(number)
	again := make([]*item, len(e.said), len(e.said)+1)
	for i, one := range e.said {
		again[i] = one.it
	}
	e.said = nil
	return again
}

// epochIn returns the epoch that a daemon names; 0 where it names none.
func epochIn(trailer metadata.MD) int64 {
	values := trailer.Get(epochKey)
	if len(values) == 0 || len(values[0]) > longestEpoch {
		return 0
	}
	number, err := strconv.ParseUint(values[0], 10, 32)
	if err != nil {
		return 0
	}
	return int64(number)
}

// changeEpoch says whether a standby took over; what it may not know then goes before all that waits.
// The lock is held.
func (c *Client) changeEpoch(err *Error) bool {
	if err.Reason != takenOver {
		return false
	}
	c.back()
	if again := c.link.epoch.change(err.epoch); len(again) > 0 {
		c.options.Logger.Warn("a standby took over", "epoch", err.epoch, "said again", len(again))
		c.outbox = append(again, c.outbox...)
		c.ring()
	}
	return true
}

// flush waits until nothing is to be said any more, or ctx is done.
func (c *Client) flush(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.speaking() && !c.closed && ctx.Err() == nil {
		c.wait(ctx, time.Now().Add(time.Second))
	}
}
