// Package ashad asks an ashad daemon for configurations, reports a metric after every epoch, and
// hears when to stop.
//
//	client, err := ashad.Connect(ashad.Options{})
//	for trial, err := range client.Trials(ctx, "digits") { // ends when the study is finished
//		for epoch := range trial.Steps() { // ends when told to stop
//			trial.Report(ctx, epoch, ashad.Metrics{"validation_error": train(trial.Params)})
//		}
//	}
//
// Training goes on through an outage of the daemon; a stop is never an error.
package ashad

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	pb "ashad.dev/client/go/ashadpb"
	"google.golang.org/grpc"
)

const noDelay = time.Second // where a daemon names none

// Client is one worker's line to the daemon, and holds at most one running trial. It may be used
// from several goroutines.
type Client struct {
	options Options
	link    *link
	work    pb.SchedulerServiceClient
	studies pb.StudyServiceClient
	life    context.Context // of questions: ends when Close begins
	end     context.CancelFunc
	line    context.Context // of what must still be said: ends when Close is done
	hangUp  context.CancelFunc
	kept    chan struct{} // closed when the background has ended

	mu         sync.Mutex
	bell       chan struct{} // closed when something changed, and made anew
	closed     bool          // calls are refused; what waits is still sent
	ended      bool          // no more of anything
	held       *Trial
	asking     bool
	unanswered *pb.SuggestRequest // whose answer is not known; of the one who asks
	beatAt     time.Time
	outbox     []*item
	sending    bool
	retryAt    time.Time
	awaySince  time.Time // zero while the daemon is there
	failures   int
}

// Connect makes a client. It connects when first used, so it never fails for want of a daemon.
func Connect(options Options) (*Client, error) {
	options, err := options.settle()
	if err != nil {
		return nil, err
	}
	link, err := newLink(options)
	if err != nil {
		var own *Error
		if errors.As(err, &own) {
			return nil, err
		}
		return nil, invalid("Address: " + err.Error())
	}
	life, end := context.WithCancel(context.Background())
	line, hangUp := context.WithCancel(context.Background())
	c := &Client{
		options: options, link: link, life: life, end: end, line: line, hangUp: hangUp, kept: make(chan struct{}),
		work: pb.NewSchedulerServiceClient(link), studies: pb.NewStudyServiceClient(link),
		bell: make(chan struct{}),
	}
	go c.keep()
	return c, nil
}

// Worker returns the worker id that this client gives.
func (c *Client) Worker() string { return c.options.Worker }

// Trials yields trials, one after the other, until the study is finished. A body that ends without
// a stop completes the trial; one that is left by break or return gives it back, and so does a
// context that is cancelled; a panic fails it. For an error call trial.Fail before leaving.
func (c *Client) Trials(ctx context.Context, study string) iter.Seq2[*Trial, error] {
	return func(yield func(*Trial, error) bool) {
		for begun := false; ; begun = true {
			trial, err := c.Suggest(ctx, study)
			if err != nil {
				if begun && errors.Is(err, &Error{Code: "NOT_FOUND"}) {
					c.options.Logger.Warn("the study is no more there", "study", study)
				} else {
					yield(nil, err)
				}
				return
			}
			if trial == nil || !c.turn(ctx, trial, yield) {
				return
			}
		}
	}
}

// turn runs the loop's body once, settles the trial, and returns whether to go on.
func (c *Client) turn(ctx context.Context, trial *Trial, yield func(*Trial, error) bool) bool {
	settled := false
	defer func() {
		if !settled { // the body panicked; the panic goes on
			trial.Fail(context.WithoutCancel(ctx), "panic in the training loop")
		}
	}()
	goesOn := yield(trial, nil)
	settled = true
	if !goesOn || ctx.Err() != nil {
		trial.Release(context.WithoutCancel(ctx))
		return goesOn
	}
	trial.Complete(ctx)
	return true
}

// Suggest returns a trial, waiting for one; nil when the study is finished. ErrNoTrial where the
// deadline of ctx came first, ErrTrialHeld while this client still holds a trial.
func (c *Client) Suggest(ctx context.Context, study string) (*Trial, error) {
	left, err := c.begin()
	if err != nil {
		return nil, err
	}
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.asking = false
		c.ring()
	}()
	if left != nil { // what a heartbeat stopped is given back, as told
		c.settle(ctx, left, left.releasing(), "")
	}
	// What is still to be said of the last trial comes first, or it would come back to us.
	c.flush(ctx)
	if c.unanswered != nil && c.unanswered.GetStudy() != study {
		if err := c.takeBack(c.patiently(ctx)); err != nil {
			return nil, err
		}
		c.flush(ctx)
	}
	for {
		answer, err := c.suggestOnce(ctx, study)
		if err != nil {
			return nil, err
		}
		switch outcome := answer.GetOutcome().(type) {
		case *pb.SuggestResponse_Assignment:
			return c.hold(outcome.Assignment)
		case *pb.SuggestResponse_Finished:
			c.options.Logger.Info("the study is finished", "study", study, "reason", outcome.Finished.GetReason())
			return nil, nil
		case *pb.SuggestResponse_Wait:
			delay := outcome.Wait.GetDelay().AsDuration()
			if delay <= 0 {
				delay = noDelay
			}
			if deadline, ok := ctx.Deadline(); ok && time.Now().Add(delay).After(deadline) {
				return nil, noTrial(study, outcome.Wait.GetReason())
			}
			if err := c.sleep(ctx, delay); err != nil {
				return nil, err
			}
		default:
			return nil, invalid("the daemon sent an answer that this client does not know: upgrade it")
		}
	}
}

func (c *Client) begin() (*Trial, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, closedError()
	}
	if c.asking || (c.held != nil && !c.held.over()) {
		return nil, misuse("TRIAL_HELD", "this client still holds a trial, and a worker id stands for one running trial: finish it first, or Connect a second client")
	}
	c.asking = true
	return c.held, nil
}

func (c *Client) hold(a *pb.Assignment) (*Trial, error) {
	trial, err := newTrial(c, a)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed { // meanwhile, so nobody will train it
		trial.end("RELEASED")
		c.put(trial.releasing())
		return nil, closedError()
	}
	c.held, c.beatAt = trial, time.Now().Add(trial.heartbeat)
	c.ring()
	c.options.Logger.Info("assigned", "trial", trial.String())
	return trial, nil
}

// settle ends a trial from this side, once; a refusal is logged, since training is over.
func (c *Client) settle(ctx context.Context, trial *Trial, it *item, reason string) {
	c.mu.Lock()
	open := trial.told || !trial.over()
	if open {
		if trial.over() {
			it, reason = trial.releasing(), trial.decision.Reason // as told: nothing more is trained
		}
		trial.end(reason)
	}
	closed := c.closed
	c.mu.Unlock()
	if open && !closed {
		if err := c.deliver(ctx, it); err != nil && err.cause == nil {
			c.options.Logger.Warn("refused", "call", it.name, "trial", trial.String(), "error", err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == trial {
		c.held = nil
		c.ring()
	}
}

// ShouldStop asks the daemon for the stored decision: for the other processes of a distributed job.
// A pure read; false while the daemon cannot be reached.
func (c *Client) ShouldStop(ctx context.Context, study string, trial int64, attempt int32) (bool, error) {
	var answer *pb.ShouldStopResponse
	request := &pb.ShouldStopRequest{Study: study, Trial: trial, Attempt: attempt}
	err := c.ask(ctx, shortTimeout, time.Now().Add(shortTimeout), func(ctx context.Context, options ...grpc.CallOption) (err error) {
		answer, err = c.work.ShouldStop(ctx, request, options...)
		return err
	})
	if errors.Is(err, ErrUnreachable) {
		return false, nil
	}
	return answer.GetShouldStop(), err
}

// Close gives back a trial that is held, sends what waits (for at most CloseTimeout) and hangs up.
// Other goroutines get ErrClosed for what they ask meanwhile.
func (c *Client) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		<-c.kept
		return nil
	}
	c.closed = true
	c.end()
	if trial := c.held; trial != nil {
		c.held = nil
		if trial.told || !trial.over() {
			trial.end("RELEASED")
			c.put(trial.releasing())
		}
	}
	c.retryAt = time.Time{}
	c.ring()
	deadline := time.Now().Add(c.options.CloseTimeout)
	c.settleAll(deadline)
	if c.unanswered != nil && !c.asking && c.awaySince.IsZero() {
		c.mu.Unlock()
		_ = c.takeBack(c.once)
		c.mu.Lock()
		c.settleAll(deadline)
	}
	if len(c.outbox) > 0 {
		c.options.Logger.Error("ashad is away", "calls lost", len(c.outbox))
	}
	c.ended = true
	c.ring()
	c.mu.Unlock()
	c.hangUp()
	<-c.kept
	return c.link.close()
}

// settleAll waits, with the lock held, until nothing is to be said and nobody asks, or for so long.
func (c *Client) settleAll(deadline time.Time) {
	for (c.speaking() || c.asking) && time.Now().Before(deadline) {
		c.wait(context.Background(), deadline)
	}
}

// speaking says, with the lock held, whether something waits to be sent or is on its way.
func (c *Client) speaking() bool { return len(c.outbox) > 0 || c.sending }

func noTrial(study, why string) *Error {
	return &Error{Code: "DEADLINE_EXCEEDED", Reason: "NO_TRIAL", Message: "no trial of " + study + " in the time given: " + why, pushback: -1}
}
