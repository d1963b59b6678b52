package ashad

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	pb "ashad.dev/client/go/ashadpb"
	"google.golang.org/grpc"
)

const (
	tryTimeout   = 30 * time.Second
	shortTimeout = 5 * time.Second // of Heartbeat and ShouldStop
	awayTimeout  = 2 * time.Second // of a report while the daemon is away: training is not held up
	firstBackoff = 500 * time.Millisecond
	lastBackoff  = 20 * time.Second
)

// item is one call that must reach the daemon, in its place in the order.
type item struct {
	trial    *Trial
	name     string
	send     func(ctx context.Context, options ...grpc.CallOption) (*pb.Decision, error)
	report   bool
	answered bool
}

// ask calls with the same key until it is answered, refused, or out of time.
func (c *Client) ask(ctx context.Context, timeout time.Duration, deadline time.Time,
	call func(context.Context, ...grpc.CallOption) error) error {
	hanging, hangUp := context.WithCancel(ctx)
	defer hangUp()
	defer context.AfterFunc(c.life, hangUp)()
	for failures := 1; ; failures++ {
		c.mu.Lock()
		away, closed, limit := !c.awaySince.IsZero(), c.closed, c.within(timeout)
		c.mu.Unlock()
		if closed {
			return closedError()
		}
		err := c.link.try(hanging, min(limit, max(10*time.Millisecond, time.Until(deadline))), away, call)
		if err == nil {
			c.reached()
			return nil
		}
		if c.life.Err() != nil {
			return closedError()
		}
		if err.Reason == takenOver {
			c.mu.Lock()
			c.changeEpoch(err)
			c.mu.Unlock()
			within, cancel := context.WithDeadline(hanging, deadline)
			c.flush(within)
			cancel()
			continue
		}
		if !err.transient() {
			if err.cause == nil && !err.unheard() {
				c.reached()
			}
			return err
		}
		c.mu.Lock()
		c.unreached(err)
		over := c.outageIsOver()
		c.mu.Unlock()
		wait := backoffAfter(failures, err)
		if over || time.Now().Add(wait).After(deadline) {
			return &Error{Code: "UNAVAILABLE", Reason: "UNREACHABLE", pushback: -1,
				Message: "no answer from ashad at " + c.options.Address + " in the time given; the last: " + err.Error()}
		}
		if err := c.sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// deliver sends at once if the way is free, else it queues. It returns a refusal.
func (c *Client) deliver(ctx context.Context, it *item) *Error {
	c.mu.Lock()
	if len(c.outbox) > 0 || c.sending {
		c.put(it)
		c.mu.Unlock()
		return nil
	}
	c.sending = true
	timeout := tryTimeout
	if !c.awaySince.IsZero() {
		timeout = awayTimeout
	}
	c.mu.Unlock()
	var decision *pb.Decision
	err := c.link.try(ctx, timeout, false, func(ctx context.Context, options ...grpc.CallOption) (err error) {
		decision, err = it.send(ctx, options...)
		return err
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.ring()
	c.sending = false
	switch {
	case err == nil:
		c.back()
		c.take(it, decision)
	case err.Reason == takenOver:
		c.putBack(it)
		c.changeEpoch(err)
	case err.unheard():
		c.putBack(it)
		c.unreached(err)
	case err.cause != nil: // interrupted: whether it arrived is not known, so it is said again
		c.putBack(it)
		return err
	default:
		c.back()
		if !c.gone(it, err) {
			return err
		}
	}
	return nil
}

// sendHead tries the oldest item once; it stays where it is while its outcome is unknown. The lock
// is held at the beginning and at the end.
func (c *Client) sendHead() {
	it := c.outbox[0]
	c.sending = true
	away, limit := !c.awaySince.IsZero(), c.within(tryTimeout)
	c.mu.Unlock()
	var decision *pb.Decision
	err := c.link.try(c.line, limit, away, func(ctx context.Context, options ...grpc.CallOption) (err error) {
		decision, err = it.send(ctx, options...)
		return err
	})
	c.mu.Lock()
	defer c.ring()
	c.sending = false
	if err != nil && (err.unheard() || err.cause != nil) {
		c.unreached(err)
		return
	}
	if err != nil && c.changeEpoch(err) {
		return
	}
	c.back()
	if len(c.outbox) > 0 && c.outbox[0] == it {
		c.outbox = c.outbox[1:]
	}
	if err == nil {
		c.take(it, decision)
	} else if !c.gone(it, err) {
		c.options.Logger.Error("a queued call was refused", "call", it.name, "trial", it.trial.String(), "error", err)
		if it.report {
			it.trial.end(err.reasonOrCode())
			c.drop(it.trial)
			c.put(it.trial.failure(it.name+" was refused: "+err.Error(), pb.FailureKind_FAILURE_KIND_ERROR))
		}
	}
}

// keep is the background: heartbeats, and the outbox while the daemon is away. It catches all.
func (c *Client) keep() {
	defer close(c.kept)
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.ended {
		now := time.Now()
		next := now.Add(time.Hour)
		alive := c.held != nil && !c.held.over()
		switch {
		case len(c.outbox) > 0 && !c.sending && !now.Before(c.retryAt):
			c.sendHead()
			continue
		case alive && !now.Before(c.beatAt):
			c.beat()
			continue
		}
		if alive {
			next = c.beatAt
		}
		if len(c.outbox) > 0 && !c.sending && c.retryAt.Before(next) {
			next = c.retryAt
		}
		c.wait(context.Background(), next)
	}
}

// beat sends a sign of life. The lock is held at the beginning and at the end.
func (c *Client) beat() {
	trial := c.held
	c.beatAt = time.Now().Add(trial.heartbeat)
	c.mu.Unlock()
	var answer *pb.HeartbeatResponse
	err := c.link.try(c.line, shortTimeout, false, func(ctx context.Context, options ...grpc.CallOption) (err error) {
		answer, err = c.work.Heartbeat(ctx, &pb.HeartbeatRequest{
			Study: trial.Study, Trial: trial.Number, Attempt: trial.Attempt, LeaseToken: trial.token,
		}, options...)
		return err
	})
	c.mu.Lock()
	if err != nil && (err.unheard() || err.cause != nil) {
		c.unreached(err)
		return
	}
	if err != nil && c.changeEpoch(err) {
		c.beatAt = time.Now() // behind what is said again
		return
	}
	c.back()
	if err != nil {
		c.options.Logger.Warn("a heartbeat was refused", "trial", trial.String(), "error", err)
		if err.Code == "NOT_FOUND" && !trial.over() {
			trial.end(err.reasonOrCode())
			c.drop(trial)
		}
		return
	}
	// Only an end is news: a CONTINUE may be older than the report that is under way.
	if told := read(answer.GetDecision()); told.ShouldStop() && !trial.over() {
		trial.decision, trial.told = told, told.Reason != "SUPERSEDED"
		if !trial.told {
			c.drop(trial)
		}
	}
}

// --- what follows is called with the lock held ---

func (c *Client) put(it *item) {
	c.outbox = append(c.outbox, it)
	c.ring()
}

// putBack queues what was on its way: before what others have put there meanwhile.
func (c *Client) putBack(it *item) {
	c.outbox = append([]*item{it}, c.outbox...)
	c.ring()
}

func (c *Client) take(it *item, decision *pb.Decision) {
	again := it.answered
	it.answered = true
	c.link.epoch.remember(it)
	if !it.report {
		return
	}
	if it.trial.take(read(decision)) {
		c.drop(it.trial)
	} else if again && it.trial.over() && !slices.ContainsFunc(c.outbox, func(left *item) bool { return left.trial == it.trial }) {
		c.put(it.trial.releasing()) // the daemon that is no more had stopped it; nobody trains it now
	}
}

// drop forgets what still waits of a trial that the daemon has ended: it counts for nothing.
func (c *Client) drop(trial *Trial) {
	kept := c.outbox[:0:0]
	for _, it := range c.outbox {
		if it.trial != trial {
			kept = append(kept, it)
		}
	}
	c.outbox = kept
	c.ring()
	if trial.decision.Reason == "SUPERSEDED" {
		c.options.Logger.Warn("taken over", "trial", trial.String(), "by attempt", trial.decision.CurrentAttempt)
	}
}

// gone says whether the study or trial is no more: the loop ends, and nobody is to blame.
func (c *Client) gone(it *item, err *Error) bool {
	if err.Code != "NOT_FOUND" {
		return false
	}
	c.options.Logger.Warn("no more there", "trial", it.trial.String(), "error", err)
	it.trial.end(err.reasonOrCode())
	c.drop(it.trial)
	return true
}

func (c *Client) back() {
	if !c.awaySince.IsZero() {
		c.options.Logger.Warn("ashad is back", "after", time.Since(c.awaySince).Round(time.Millisecond),
			"calls that wait", len(c.outbox))
		c.ring()
	}
	c.awaySince, c.failures, c.retryAt = time.Time{}, 0, time.Time{}
}

func (c *Client) unreached(err *Error) {
	if c.ended {
		return // it was us who hung up
	}
	if c.awaySince.IsZero() {
		c.awaySince = time.Now()
		c.options.Logger.Warn("no service from ashad, trying on", "address", c.options.Address, "error", err)
		c.ring()
	}
	c.failures++
	c.retryAt = time.Now().Add(backoffAfter(c.failures, err))
	if c.outageIsOver() && len(c.outbox) > 0 {
		c.options.Logger.Error("ashad stayed away too long", "calls lost", len(c.outbox))
		c.outbox[0].trial.end("OUTAGE")
		c.outbox = nil
	}
}

// within returns how long a try may take: no longer than the outage has left.
func (c *Client) within(timeout time.Duration) time.Duration {
	if c.awaySince.IsZero() {
		return timeout
	}
	return min(timeout, max(10*time.Millisecond, time.Until(c.awaySince.Add(c.options.Outage))))
}

func (c *Client) outageIsOver() bool {
	return !c.awaySince.IsZero() && time.Since(c.awaySince) >= c.options.Outage
}

// ring wakes all who wait for a change.
func (c *Client) ring() {
	close(c.bell)
	c.bell = make(chan struct{})
}

// wait gives up the lock until something changes, or until then, or until ctx is done.
func (c *Client) wait(ctx context.Context, until time.Time) {
	bell := c.bell
	c.mu.Unlock()
	defer c.mu.Lock()
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-bell:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// --- and what is called without it ---

func (c *Client) reached() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.back()
}

func (c *Client) sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-c.life.Done():
		return closedError()
	case <-ctx.Done():
		return interrupted(ctx)
	}
}

func interrupted(ctx context.Context) *Error {
	return &Error{Code: "CANCELLED", Message: "the context was cancelled", cause: ctx.Err(), pushback: -1}
}

func closedError() *Error {
	return &Error{Code: "CANCELLED", Reason: "CLIENT_CLOSED", Message: "this client is closed: Connect a new one", pushback: -1}
}

func (e *Error) reasonOrCode() string {
	if e.Reason != "" {
		return e.Reason
	}
	return e.Code
}

// backoffAfter says how long to wait after the n-th failure in a row: full jitter, doubling, on top
// of what the daemon asked for, so that those it turned away do not return together.
func backoffAfter(failures int, err *Error) time.Duration {
	ceiling := min(lastBackoff, firstBackoff<<min(failures-1, 10))
	return max(0, err.pushback) + rand.N(ceiling)
}
