package ashad

import (
	"context"
	"iter"
	"slices"
	"time"

	pb "ashad.dev/client/go/ashadpb"
	"google.golang.org/grpc"
)

const pageSize = 1000

// Best is a trial by its best report so far or, of a front, by its latest.
type Best struct {
	Trial      int64
	Resource   int64
	Value      float64
	Params     Params
	Seed       int64   // that each attempt of the trial was given
	Metrics    Metrics // the others of that report
	Checkpoint string  // named with it; only the trial's latest is sure to be there still
}

// call makes one call about a study.
func call[Request, Answer any](ctx context.Context, c *Client, request Request,
	rpc func(context.Context, Request, ...grpc.CallOption) (Answer, error)) (Answer, error) {
	var answer Answer
	deadline := time.Now().Add(c.options.CallTimeout)
	err := c.ask(ctx, tryTimeout, deadline, func(ctx context.Context, options ...grpc.CallOption) (err error) {
		answer, err = rpc(ctx, request, options...)
		return err
	})
	return answer, err
}

// CreateStudy makes a study. The same name with an equal spec returns what is there; with another
// spec it is refused, and the error names what differs.
func (c *Client) CreateStudy(ctx context.Context, name string, spec *pb.StudySpec) (*pb.Study, error) {
	request := &pb.CreateStudyRequest{Study: name, Spec: spec, RequestId: random(16)}
	answer, err := call(ctx, c, request, c.studies.CreateStudy)
	return answer.GetStudy(), err
}

// Study returns a study as it stands.
func (c *Client) Study(ctx context.Context, name string) (*pb.Study, error) {
	answer, err := call(ctx, c, &pb.GetStudyRequest{Study: name}, c.studies.GetStudy)
	return answer.GetStudy(), err
}

// Studies yields all studies, by name.
func (c *Client) Studies(ctx context.Context) iter.Seq2[*pb.Study, error] {
	return pages(func(token string) ([]*pb.Study, string, error) {
		answer, err := call(ctx, c, &pb.ListStudiesRequest{PageSize: pageSize, PageToken: token}, c.studies.ListStudies)
		return answer.GetStudies(), answer.GetNextPageToken(), err
	})
}

// UpdateStudy changes the limits that are set in limits.
func (c *Client) UpdateStudy(ctx context.Context, name string, limits *pb.StudyLimits) (*pb.Study, error) {
	answer, err := call(ctx, c, &pb.UpdateStudyRequest{Study: name, Limits: limits}, c.studies.UpdateStudy)
	return answer.GetStudy(), err
}

// ChangeSpace draws new trials from another space. The parameters in space change or are added, all
// others stay as they are; past has the value of each added one that the trials until now had without
// it. Refused where someone else has changed the space meanwhile.
func (c *Client) ChangeSpace(ctx context.Context, name string, space []*pb.ParameterSpec, past map[string]any) (*pb.Study, error) {
	return c.changeSpace(ctx, name, space, past, false)
}

// CheckSpace checks what ChangeSpace would do, and changes nothing.
func (c *Client) CheckSpace(ctx context.Context, name string, space []*pb.ParameterSpec, past map[string]any) (*pb.Study, error) {
	return c.changeSpace(ctx, name, space, past, true)
}

func (c *Client) changeSpace(ctx context.Context, name string, space []*pb.ParameterSpec, past map[string]any, only bool) (*pb.Study, error) {
	values, err := parameters(past)
	if err != nil {
		return nil, err
	}
	now, err := c.Study(ctx, name)
	if err != nil {
		return nil, err
	}
	request := &pb.ChangeSpaceRequest{Study: name, Space: changed(now.GetSpec().GetSpace(), space), PastValues: values,
		RequestId: random(16), ValidateOnly: only}
	if versions := now.GetSpaceVersions(); len(versions) > 0 {
		request.IfVersion = versions[len(versions)-1].GetVersion()
	}
	answer, err := call(ctx, c, request, c.studies.ChangeSpace)
	return answer.GetStudy(), err
}

// changed puts parameters into a space: in the place of one of that name, or behind all.
func changed(space, changes []*pb.ParameterSpec) []*pb.ParameterSpec {
	space = slices.Clone(space)
	for _, one := range changes {
		at := slices.IndexFunc(space, func(p *pb.ParameterSpec) bool { return p.GetName() == one.GetName() })
		if at < 0 {
			space = append(space, one)
		} else {
			space[at] = one
		}
	}
	return space
}

// PauseStudy hands out no more trials until resumed; running trials go on.
func (c *Client) PauseStudy(ctx context.Context, name string) (*pb.Study, error) {
	answer, err := call(ctx, c, &pb.PauseStudyRequest{Study: name}, c.studies.PauseStudy)
	return answer.GetStudy(), err
}

// ResumeStudy ends a pause.
func (c *Client) ResumeStudy(ctx context.Context, name string) (*pb.Study, error) {
	answer, err := call(ctx, c, &pb.ResumeStudyRequest{Study: name}, c.studies.ResumeStudy)
	return answer.GetStudy(), err
}

// StopStudy ends a study for good: running trials are told to stop.
func (c *Client) StopStudy(ctx context.Context, name string) (*pb.Study, error) {
	answer, err := call(ctx, c, &pb.StopStudyRequest{Study: name}, c.studies.StopStudy)
	return answer.GetStudy(), err
}

// DeleteStudy deletes a study with all its trials; force even while trials are running.
func (c *Client) DeleteStudy(ctx context.Context, name string, force bool) error {
	_, err := call(ctx, c, &pb.DeleteStudyRequest{Study: name, Force: force}, c.studies.DeleteStudy)
	return err
}

// Best returns the best result of a study so far; nil before the first valid report. Of a study that is
// judged by fronts it is the best by the first objective alone: see Front.
func (c *Client) Best(ctx context.Context, name string) (*Best, error) {
	found, err := call(ctx, c, &pb.GetBestTrialRequest{Study: name}, c.studies.GetBestTrial)
	if err != nil || found.GetTrial() == nil {
		return nil, err
	}
	best, err := bestOf(found.GetTrial(), found.GetReport())
	best.Value = found.GetValue()
	return &best, err
}

// Front returns the trials of a study that no other dominates, by the first objective: of a study whose
// combination is COMBINATION_PARETO, by the latest report of each trial. Empty before the first report,
// and of any other study; at most 1000.
func (c *Client) Front(ctx context.Context, name string) ([]Best, error) {
	found, err := call(ctx, c, &pb.GetBestTrialRequest{Study: name}, c.studies.GetBestTrial)
	front := make([]Best, len(found.GetFront()))
	for i, one := range found.GetFront() {
		if front[i], err = bestOf(one.GetTrial(), one.GetReport()); err != nil {
			return nil, err
		}
	}
	return front, err
}

func bestOf(trial *pb.Trial, report *pb.StoredReport) (Best, error) {
	params, err := paramsOf(trial.GetParams())
	best := Best{
		Trial: trial.GetTrial(), Resource: report.GetResource(), Value: report.GetValue(), Params: params,
		Seed: trial.GetSeed(), Metrics: Metrics{}, Checkpoint: report.GetCheckpointUri(),
	}
	for _, one := range report.GetMetrics() {
		best.Metrics[one.GetName()] = one.GetValue()
	}
	return best, err
}

// EnqueueTrial queues a configuration of one's own; a parameter left out is drawn. Values are int,
// int64, float64, string or bool.
func (c *Client) EnqueueTrial(ctx context.Context, name string, params map[string]any) (*pb.Trial, error) {
	values, err := parameters(params)
	if err != nil {
		return nil, err
	}
	request := &pb.EnqueueTrialRequest{Study: name, RequestId: random(16), Configuration: &pb.Configuration{Params: values}}
	answer, err := call(ctx, c, request, c.studies.EnqueueTrial)
	return answer.GetTrial(), err
}

// CancelTrial cancels a trial; a running one is told to stop at its next call.
func (c *Client) CancelTrial(ctx context.Context, name string, trial int64) (*pb.Trial, error) {
	answer, err := call(ctx, c, &pb.CancelTrialRequest{Study: name, Trial: trial}, c.studies.CancelTrial)
	return answer.GetTrial(), err
}

// GetTrial returns a trial as it stands.
func (c *Client) GetTrial(ctx context.Context, name string, trial int64) (*pb.Trial, error) {
	answer, err := call(ctx, c, &pb.GetTrialRequest{Study: name, Trial: trial}, c.studies.GetTrial)
	return answer.GetTrial(), err
}

// ListTrials yields the trials by number, those in some states or all.
func (c *Client) ListTrials(ctx context.Context, name string, states ...pb.TrialState) iter.Seq2[*pb.Trial, error] {
	return pages(func(token string) ([]*pb.Trial, string, error) {
		request := &pb.ListTrialsRequest{Study: name, PageSize: pageSize, PageToken: token, States: states}
		answer, err := call(ctx, c, request, c.studies.ListTrials)
		return answer.GetTrials(), answer.GetNextPageToken(), err
	})
}

// ListReports yields the reports of a study, or of one trial (nil: all), in commit order.
func (c *Client) ListReports(ctx context.Context, name string, trial *int64) iter.Seq2[*pb.StoredReport, error] {
	return pages(func(token string) ([]*pb.StoredReport, string, error) {
		request := &pb.ListReportsRequest{Study: name, Trial: trial, PageSize: pageSize, PageToken: token}
		answer, err := call(ctx, c, request, c.studies.ListReports)
		return answer.GetReports(), answer.GetNextPageToken(), err
	})
}

// ExplainTrial returns each decision about a trial at a rung, with the rung as it was.
func (c *Client) ExplainTrial(ctx context.Context, name string, trial int64) (*pb.ExplainTrialResponse, error) {
	return call(ctx, c, &pb.ExplainTrialRequest{Study: name, Trial: trial}, c.studies.ExplainTrial)
}

func pages[T any](page func(token string) ([]T, string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for token := ""; ; {
			found, next, err := page(token)
			if err != nil {
				yield(*new(T), err)
				return
			}
			for _, one := range found {
				if !yield(one, nil) {
					return
				}
			}
			if token = next; token == "" {
				return
			}
		}
	}
}
