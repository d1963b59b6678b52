package ashad

import (
	"context"
	"fmt"
	"iter"
	"time"

	pb "ashad.dev/client/go/ashadpb"
	"google.golang.org/grpc"
)

const (
	longestMessage = 4096
	noHeartbeat    = 15 * time.Second // where a daemon names none
)

// Metrics are the numbers of one report; NaN and infinities mean diverged.
type Metrics map[string]float64

// Trial is one attempt at one trial, held by one client.
type Trial struct {
	Study            string
	Number           int64 // of the trial in its study, from 0
	Attempt          int32 // which assignment of the trial this is, from 1
	Params           Params
	Seed             int64  // for the training, the same for every attempt of this trial
	Metric           string // name of the metric that the study judges
	StartResource    int64  // train from here: the resource of ResumeCheckpoint, or 0
	TargetResource   int64  // to here at most
	MaxResource      int64  // of a fully trained trial
	ResumeCheckpoint string // where to load the state at StartResource from; empty: begin anew

	client    *Client
	token     string
	heartbeat time.Duration
	position  int64
	decision  Decision
	told      bool // a heartbeat brought the stop: the daemon still waits to hear from us
}

func newTrial(c *Client, a *pb.Assignment) (*Trial, error) {
	params, err := paramsOf(a.GetParams())
	if err != nil {
		return nil, err
	}
	beat := a.GetHeartbeatInterval().AsDuration()
	if beat <= 0 {
		beat = noHeartbeat
	}
	return &Trial{
		Study: a.GetStudy(), Number: a.GetTrial(), Attempt: a.GetAttempt(), Params: params,
		Seed: a.GetSeed(), Metric: a.GetMetric(), StartResource: a.GetStartResource(),
		TargetResource: a.GetTargetResource(), MaxResource: a.GetMaxResource(),
		ResumeCheckpoint: a.GetResumeCheckpointUri(), client: c, token: a.GetLeaseToken(),
		heartbeat: beat, position: a.GetStartResource(),
		decision: Decision{Action: Continue, NextResource: a.GetNextResource()},
	}, nil
}

func (t *Trial) String() string {
	return fmt.Sprintf("trial %s/%d (attempt %d)", t.Study, t.Number, t.Attempt)
}

// Steps yields the resources still to be trained, up to TargetResource, and ends when a report or a
// heartbeat was answered with a stop.
func (t *Trial) Steps() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for step := t.next(0); step <= t.TargetResource && !t.Decision().ShouldStop(); step = t.next(step) {
			if !yield(step) {
				return
			}
		}
	}
}

func (t *Trial) next(step int64) int64 {
	t.client.mu.Lock()
	defer t.client.mu.Unlock()
	return max(step, t.position) + 1
}

// Decision returns the latest decision that this process knows of.
func (t *Trial) Decision() Decision {
	t.client.mu.Lock()
	defer t.client.mu.Unlock()
	return t.decision
}

// Checkpoint says where the state at a report's resource can be resumed from: any URI.
type Checkpoint string

// Report tells the metrics after resource (cumulative) and returns the decision. It blocks until
// the daemon has decided and stored it; while the daemon cannot be reached the report is queued and
// the answer is CONTINUE, UNREACHABLE. An error is a refusal.
func (t *Trial) Report(ctx context.Context, resource int64, metrics Metrics, checkpoint ...Checkpoint) (Decision, error) {
	if resource < 0 {
		return Decision{}, invalid("resource: a whole number from 0")
	}
	if len(metrics) == 0 {
		return Decision{}, invalid("metrics: report at least the metric of the study, " + t.Metric)
	}
	request := &pb.ReportRequest{
		Study: t.Study, Trial: t.Number, Attempt: t.Attempt, LeaseToken: t.token, Resource: resource,
	}
	for name, value := range metrics {
		request.Metrics = append(request.Metrics, &pb.Metric{Name: name, Value: value})
	}
	for _, uri := range checkpoint {
		request.CheckpointUri = string(uri)
	}
	c := t.client
	it := &item{trial: t, name: fmt.Sprintf("Report at %d", resource), report: true}
	it.send = func(ctx context.Context, options ...grpc.CallOption) (*pb.Decision, error) {
		answer, err := c.work.Report(ctx, request, options...)
		return answer.GetDecision(), err
	}
	if decision, done, err := t.standing(); done {
		return decision, err
	}
	err := c.deliver(ctx, it)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil && (!t.over() || err.cause != nil) {
		return t.decision, err
	}
	t.position = max(t.position, resource)
	// Back already, with a queue to work off: wait for our turn, or it never ends.
	for end := time.Now().Add(tryTimeout); !it.answered && !t.over() && c.awaySince.IsZero() &&
		!c.ended && ctx.Err() == nil && time.Now().Before(end); {
		c.wait(ctx, end)
	}
	if !it.answered && !t.over() {
		return Decision{Action: Continue, Reason: "UNREACHABLE"}, nil
	}
	return t.decision, nil
}

// standing returns what a report is answered without asking, and whether it is.
func (t *Trial) standing() (Decision, bool, error) {
	t.client.mu.Lock()
	defer t.client.mu.Unlock()
	if t.over() && !t.told {
		return t.decision, true, nil
	}
	if t.client.closed {
		return t.decision, true, closedError()
	}
	return t.decision, false, nil
}

// ShouldStop says whether to leave the loop now. It asks nobody while this client keeps the trial
// alive: the heartbeat brings the news.
func (t *Trial) ShouldStop() bool { return t.Decision().ShouldStop() }

// Complete ends the trial: the training ended by itself, its last report is its result.
func (t *Trial) Complete(ctx context.Context) {
	t.client.settle(ctx, t, t.ending("CompleteTrial", func(ctx context.Context, options ...grpc.CallOption) error {
		_, err := t.client.work.CompleteTrial(ctx, &pb.CompleteTrialRequest{
			Study: t.Study, Trial: t.Number, Attempt: t.Attempt, LeaseToken: t.token}, options...)
		return err
	}), "COMPLETED")
}

// Fail ends the trial: the training broke. The message is for people.
func (t *Trial) Fail(ctx context.Context, message string) {
	t.client.settle(ctx, t, t.failure(message, pb.FailureKind_FAILURE_KIND_ERROR), "FAILED")
}

// Infeasible ends the trial: this configuration cannot work at all; the daemon replaces it.
func (t *Trial) Infeasible(ctx context.Context, message string) {
	t.client.settle(ctx, t, t.failure(message, pb.FailureKind_FAILURE_KIND_INFEASIBLE), "INFEASIBLE")
}

// Release gives the trial back, when pre-empted for example: nothing counts as a failure.
func (t *Trial) Release(ctx context.Context) {
	t.client.settle(ctx, t, t.releasing(), "RELEASED")
}

func (t *Trial) releasing() *item {
	return t.ending("ReleaseTrial", func(ctx context.Context, options ...grpc.CallOption) error {
		_, err := t.client.work.ReleaseTrial(ctx, &pb.ReleaseTrialRequest{
			Study: t.Study, Trial: t.Number, Attempt: t.Attempt, LeaseToken: t.token}, options...)
		return err
	})
}

func (t *Trial) failure(message string, kind pb.FailureKind) *item {
	if runes := []rune(message); len(runes) > longestMessage {
		message = string(runes[:longestMessage])
	}
	return t.ending("FailTrial", func(ctx context.Context, options ...grpc.CallOption) error {
		_, err := t.client.work.FailTrial(ctx, &pb.FailTrialRequest{
			Study: t.Study, Trial: t.Number, Attempt: t.Attempt, LeaseToken: t.token, Kind: kind, Message: message,
		}, options...)
		return err
	})
}

func (t *Trial) ending(name string, call func(context.Context, ...grpc.CallOption) error) *item {
	return &item{trial: t, name: name, send: func(ctx context.Context, options ...grpc.CallOption) (*pb.Decision, error) {
		return nil, call(ctx, options...)
	}}
}

// --- with the client's lock held ---

func (t *Trial) over() bool { return t.decision.ShouldStop() }

func (t *Trial) end(reason string) {
	t.decision, t.told = Decision{Action: Stop, Reason: reason}, false
}

// take takes in a decision and returns whether it ends the attempt; a late CONTINUE reopens nothing.
func (t *Trial) take(told Decision) bool {
	t.told = false
	if told.ShouldStop() || !t.over() {
		t.decision = told
	}
	return told.ShouldStop()
}
