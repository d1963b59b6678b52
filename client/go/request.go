package ashad

import (
	"context"
	"errors"
	"time"

	pb "ashad.dev/client/go/ashadpb"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
)

const grace = 5 * time.Second // so as not to hang up on an answer: it may be a trial

// asked is a way in which a request for a trial is made, waiting so long for one.
type asked func(wait time.Duration, call func(context.Context, ...grpc.CallOption) error) error

// suggestOnce asks for a trial.
func (c *Client) suggestOnce(ctx context.Context, study string) (*pb.SuggestResponse, error) {
	wait := c.options.MaxWait
	if deadline, limited := ctx.Deadline(); limited {
		wait = min(wait, time.Until(deadline))
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return nil, interrupted(ctx)
	}
	if wait <= 0 && ctx.Err() != nil {
		return nil, noTrial(study, "the daemon is away")
	}
	request := c.unanswered
	if request == nil {
		request = &pb.SuggestRequest{Study: study, Worker: c.options.Worker, RequestId: random(16)}
	}
	return c.request(request, wait, c.patiently(ctx))
}

// takeBack gives back what a request was answered with that nobody waits for any more.
func (c *Client) takeBack(ask asked) error {
	answer, err := c.request(c.unanswered, 0, ask)
	if c.unanswered != nil {
		return err
	}
	if answer.GetAssignment() == nil {
		return nil
	}
	trial, err := newTrial(c, answer.GetAssignment())
	if err != nil {
		return nil // of a kind that this client does not know: its lease runs out
	}
	trial.end("RELEASED")
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(trial.releasing())
	return nil
}

// request makes a request for a trial, which is kept while its answer is not known: the next one is
// the same. With another key the daemon would take its worker for one that was started anew, and
// the trial that it may have handed out would be one that nobody trains.
func (c *Client) request(request *pb.SuggestRequest, wait time.Duration, ask asked) (*pb.SuggestResponse, error) {
	c.unanswered = request
	request.MaxWait = durationpb.New(wait)
	var answer *pb.SuggestResponse
	err := ask(wait, func(ctx context.Context, options ...grpc.CallOption) (err error) {
		answer, err = c.work.Suggest(ctx, request, options...)
		return err
	})
	var refused *Error
	if err == nil || errors.As(err, &refused) && refused.decided() {
		c.unanswered = nil
	}
	return answer, err
}

// patiently asks until there is an answer. A cancelled context hangs up at once; a deadline that
// came waits for the answer a moment.
func (c *Client) patiently(ctx context.Context) asked {
	return func(wait time.Duration, call func(context.Context, ...grpc.CallOption) error) error {
		deadline, limited := ctx.Deadline()
		if !limited {
			deadline = time.Now().Add(c.options.Outage + time.Hour)
		}
		patient, hangUp := context.WithCancel(context.WithoutCancel(ctx))
		defer hangUp()
		defer context.AfterFunc(ctx, func() {
			if errors.Is(ctx.Err(), context.Canceled) {
				hangUp()
			}
		})()
		return c.ask(patient, tryTimeout+wait, deadline.Add(grace), call)
	}
}

// once asks once, while the client is being closed: nobody waits long for that.
func (c *Client) once(_ time.Duration, call func(context.Context, ...grpc.CallOption) error) error {
	if err := c.link.try(c.line, awayTimeout, false, call); err != nil {
		return err
	}
	return nil
}

// decided says whether it is a refusal of the daemon's: nothing was handed out.
func (e *Error) decided() bool {
	return !e.unheard() && e.cause == nil && e.Reason != "UNREACHABLE" && e.Reason != "CLIENT_CLOSED"
}
