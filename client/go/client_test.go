// What a conversation cannot show, against a real daemon.
package ashad_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	ashad "ashad.dev/client/go"
	pb "ashad.dev/client/go/ashadpb"
	"google.golang.org/grpc"
)

var ctx = context.Background()

type daemon struct {
	t       *testing.T
	db      string
	address string
	process *exec.Cmd
}

func start(t *testing.T) *daemon {
	t.Helper()
	d := &daemon{t: t, db: filepath.Join(t.TempDir(), "ashad.db"), address: "127.0.0.1:0"}
	d.start()
	t.Cleanup(d.kill)
	return d
}

func (d *daemon) start() {
	d.t.Helper()
	program := os.Getenv("ASHAD_DAEMON")
	if program == "" {
		program = filepath.Join("..", "..", ".venv", "bin", "ashad")
	}
	d.process = exec.Command(program, "--address", d.address, "--db", d.db)
	out, err := d.process.StdoutPipe()
	check(d.t, err)
	check(d.t, d.process.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	check(d.t, err)
	d.address = regexp.MustCompile(`listening on ([^,]+),`).FindStringSubmatch(line)[1]
}

func (d *daemon) kill() {
	_ = d.process.Process.Kill()
	_ = d.process.Wait()
}

// freeze takes the processor from the daemon: it takes connections and answers nothing.
func (d *daemon) freeze() {
	d.t.Helper()
	check(d.t, d.process.Process.Signal(syscall.SIGSTOP))
}

// until waits for something, with a deadline.
func until(t *testing.T, so func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it never comes")
		}
	}
}

func reports(t *testing.T, c *ashad.Client, name string) string {
	t.Helper()
	var found []string
	for report, err := range c.ListReports(ctx, name, nil) {
		check(t, err)
		found = append(found, fmt.Sprintf("%d/%d@%d", report.GetTrial(), report.GetAttempt(), report.GetResource()))
	}
	return strings.Join(found, " ")
}

func connect(t *testing.T, d *daemon, options ashad.Options) *ashad.Client {
	t.Helper()
	options.Address = d.address
	client, err := ashad.Connect(options)
	check(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func study(t *testing.T, c *ashad.Client, name string, change func(*pb.StudySpec)) {
	t.Helper()
	seed, most := int64(1), int64(3)
	spec := &pb.StudySpec{
		Metric: "loss", Goal: pb.Goal_GOAL_MINIMIZE, MaxResource: 4, Seed: &seed,
		Space: []*pb.ParameterSpec{{Name: "x", Kind: &pb.ParameterSpec_FloatRange{
			FloatRange: &pb.FloatRange{High: 1}}}},
		Algorithm: &pb.StudySpec_Random{Random: &pb.RandomSearch{}},
		Limits:    &pb.StudyLimits{MaxTrials: &most},
	}
	if change != nil {
		change(spec)
	}
	_, err := c.CreateStudy(ctx, name, spec)
	check(t, err)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func states(t *testing.T, c *ashad.Client, name string) string {
	t.Helper()
	var found []string
	for trial, err := range c.ListTrials(ctx, name) {
		check(t, err)
		found = append(found, strings.TrimPrefix(trial.GetState().String(), "TRIAL_STATE_"))
	}
	return strings.Join(found, " ")
}

func TestTheLoopCompletesWhatItTrained(t *testing.T) {
	d := start(t)
	c := connect(t, d, ashad.Options{})
	study(t, c, "s", nil)
	for trial, err := range c.Trials(ctx, "s") {
		check(t, err)
		if trial.Params.Float("x") < 0 || trial.Params.Float("x") > 1 {
			t.Fatal(trial.Params)
		}
		for step := range trial.Steps() {
			_, err := trial.Report(ctx, step, ashad.Metrics{"loss": float64(step)})
			check(t, err)
			if trial.Number == 1 && step == 2 {
				break // the body ends without a stop
			}
		}
	}
	if got := states(t, c, "s"); got != "COMPLETED COMPLETED COMPLETED" {
		t.Fatal(got)
	}
}

func TestABreakGivesTheTrialBack(t *testing.T) {
	c := connect(t, start(t), ashad.Options{})
	study(t, c, "s", nil)
	for _, err := range c.Trials(ctx, "s") {
		check(t, err)
		break
	}
	if got := states(t, c, "s"); got != "QUEUED" {
		t.Fatal(got)
	}
}

func TestAPanicFailsTheTrialAndGoesOn(t *testing.T) {
	c := connect(t, start(t), ashad.Options{})
	study(t, c, "s", nil)
	func() {
		defer func() {
			if recover() != "boom" {
				t.Error("the panic was swallowed")
			}
		}()
		for range c.Trials(ctx, "s") {
			panic("boom")
		}
	}()
	if got := states(t, c, "s"); got != "FAILED" {
		t.Fatal(got)
	}
}

func TestACancelledContextGivesTheTrialBack(t *testing.T) {
	c := connect(t, start(t), ashad.Options{})
	study(t, c, "s", nil)
	short, cancel := context.WithCancel(ctx)
	defer cancel()
	for trial, err := range c.Trials(short, "s") {
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			break
		}
		_, err := trial.Report(short, 1, ashad.Metrics{"loss": 1})
		check(t, err)
		cancel()
	}
	if got := states(t, c, "s"); got != "QUEUED" {
		t.Fatal(got)
	}
}

func TestASuggestThatWaitsEndsWithItsContext(t *testing.T) {
	c := connect(t, start(t), ashad.Options{})
	study(t, c, "s", nil)
	_, err := c.PauseStudy(ctx, "s")
	check(t, err)
	short, cancel := context.WithCancel(ctx)
	time.AfterFunc(100*time.Millisecond, cancel)
	begun := time.Now()
	if _, err := c.Suggest(short, "s"); !errors.Is(err, context.Canceled) || time.Since(begun) > 5*time.Second {
		t.Fatal(err, time.Since(begun))
	}
	brief, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	if _, err := c.Suggest(brief, "s"); !errors.Is(err, ashad.ErrNoTrial) {
		t.Fatal(err)
	}
}

func TestErrorsAreTold(t *testing.T) {
	c := connect(t, start(t), ashad.Options{})
	study(t, c, "s", nil)
	_, err := c.Study(ctx, "none")
	var refused *ashad.Error
	if !errors.Is(err, ashad.ErrStudyNotFound) || !errors.As(err, &refused) || refused.Code != "NOT_FOUND" {
		t.Fatal(err)
	}
	if errors.Is(err, ashad.ErrTrialHeld) {
		t.Fatal("it is every error")
	}
	trial, err := c.Suggest(ctx, "s")
	check(t, err)
	if _, err := c.Suggest(ctx, "s"); !errors.Is(err, ashad.ErrTrialHeld) {
		t.Fatal(err)
	}
	for _, wrong := range []func() error{
		func() error { _, err := trial.Report(ctx, -1, ashad.Metrics{"loss": 1}); return err },
		func() error { _, err := trial.Report(ctx, 1, nil); return err },
		func() error { _, err := trial.Report(ctx, 9, ashad.Metrics{"loss": 1}); return err },
		func() error { _, err := c.EnqueueTrial(ctx, "s", map[string]any{"x": []int{1}}); return err },
		func() error { _, err := ashad.Connect(ashad.Options{Worker: "a b"}); return err },
		func() error { _, err := ashad.Connect(ashad.Options{Address: "http://a:1"}); return err },
		func() error { _, err := ashad.Connect(ashad.Options{CA: "none.pem"}); return err },
	} {
		if err := wrong(); !errors.Is(err, ashad.ErrInvalid) {
			t.Fatal(err)
		}
	}
	check(t, c.Close())
	check(t, c.Close())
	if _, err := c.Suggest(ctx, "s"); !errors.Is(err, ashad.ErrClosed) {
		t.Fatal(err)
	}
}

func TestCloseGivesTheTrialBackAndSendsWhatWaits(t *testing.T) {
	d := start(t)
	c := connect(t, d, ashad.Options{})
	study(t, c, "s", nil)
	trial, err := c.Suggest(ctx, "s")
	check(t, err)
	d.kill()
	for step := int64(1); step <= 3; step++ {
		told, err := trial.Report(ctx, step, ashad.Metrics{"loss": 1}, "c")
		if err != nil || told.Reason != "UNREACHABLE" || told.ShouldStop() {
			t.Fatal(told, err)
		}
	}
	d.start()
	check(t, c.Close())
	other := connect(t, d, ashad.Options{})
	if got := reports(t, other, "s"); got != "0/1@1 0/1@2 0/1@3" {
		t.Fatal(got)
	}
	if got := states(t, other, "s"); got != "QUEUED" {
		t.Fatal(got)
	}
}

func TestTheOrderIsKeptWhereTheFirstOfTwoReportsFails(t *testing.T) {
	d := start(t)
	c := connect(t, d, ashad.Options{})
	study(t, c, "s", nil)
	trial, err := c.Suggest(ctx, "s")
	check(t, err)
	d.freeze()
	done := make(chan error)
	for step := int64(1); step <= 2; step++ {
		go func() {
			_, err := trial.Report(ctx, step, ashad.Metrics{"loss": 1})
			done <- err
		}()
		until(t, func() bool {
			now := c.Traffic()
			return now.Sending && now.Waiting == int(step)-1
		})
	}
	d.kill()
	d.start()
	check(t, <-done)
	check(t, <-done)
	check(t, c.Close())
	if got := reports(t, connect(t, d, ashad.Options{}), "s"); got != "0/1@1 0/1@2" {
		t.Fatal(got)
	}
}

func TestCloseWaitsForWhatIsOnItsWay(t *testing.T) {
	d := start(t)
	c := connect(t, d, ashad.Options{})
	study(t, c, "s", nil)
	trial, err := c.Suggest(ctx, "s")
	check(t, err)
	_, err = trial.Report(ctx, 1, ashad.Metrics{"loss": 1})
	check(t, err)
	d.freeze()
	go trial.Complete(ctx)
	until(t, func() bool { return c.Traffic().Sending })
	closed := make(chan error)
	go func() { closed <- c.Close() }()
	until(t, func() bool { // it has begun
		_, err := c.Study(ctx, "s")
		return errors.Is(err, ashad.ErrClosed)
	})
	select {
	case <-closed:
		t.Fatal("closed, and the completion has not arrived")
	default:
	}
	check(t, d.process.Process.Signal(syscall.SIGCONT))
	check(t, <-closed)
	if got := states(t, connect(t, d, ashad.Options{}), "s"); got != "COMPLETED" {
		t.Fatal(got)
	}
}

func TestCloseThrowsOutWhoAsks(t *testing.T) {
	d := start(t)
	c := connect(t, d, ashad.Options{})
	study(t, c, "s", nil)
	d.freeze()
	asked := make(chan error)
	go func() {
		_, err := c.Suggest(ctx, "s")
		asked <- err
	}()
	until(t, func() bool { return c.Traffic().Asking })
	begun := time.Now()
	check(t, c.Close())
	if err := <-asked; !errors.Is(err, ashad.ErrClosed) || time.Since(begun) > 5*time.Second {
		t.Fatal(err, time.Since(begun))
	}
}

func TestCloseIsBoundedWhereTheDaemonStaysAway(t *testing.T) {
	d := start(t)
	c := connect(t, d, ashad.Options{CloseTimeout: 300 * time.Millisecond})
	study(t, c, "s", nil)
	_, err := c.Suggest(ctx, "s")
	check(t, err)
	d.kill()
	begun := time.Now()
	check(t, c.Close())
	if time.Since(begun) > 5*time.Second {
		t.Fatal(time.Since(begun))
	}
	runtime.GC()
}

func TestAnOutageThatDoesNotEnd(t *testing.T) {
	d := start(t)
	c := connect(t, d, ashad.Options{Outage: 500 * time.Millisecond, CloseTimeout: time.Millisecond, CallTimeout: time.Second})
	study(t, c, "s", nil)
	trial, err := c.Suggest(ctx, "s")
	check(t, err)
	d.kill()
	for step, end := int64(1), time.Now().Add(20*time.Second); !trial.ShouldStop(); step++ {
		if time.Now().After(end) {
			t.Fatal("it goes on for ever")
		}
		_, err := trial.Report(ctx, min(step, 4), ashad.Metrics{"loss": 1})
		check(t, err)
		time.Sleep(50 * time.Millisecond) // an epoch
	}
	if trial.Decision().Reason != "OUTAGE" {
		t.Fatal(trial.Decision())
	}
	if _, err := c.Study(ctx, "s"); !errors.Is(err, ashad.ErrUnreachable) {
		t.Fatal(err)
	}
}

func TestAHeartbeatKeepsASilentTrialAndManyMayAsk(t *testing.T) {
	d := start(t)
	c := connect(t, d, ashad.Options{})
	study(t, c, "s", func(spec *pb.StudySpec) {
		spec.Lease = &pb.LeaseSpec{}
		spec.Lease.Duration, spec.Lease.HeartbeatInterval = seconds(1), seconds(0.2)
	})
	trial, err := c.Suggest(ctx, "s")
	check(t, err)
	time.Sleep(2500 * time.Millisecond) // longer than the lease: a long epoch
	found, err := c.GetTrial(ctx, "s", trial.Number)
	check(t, err)
	if found.GetState() != pb.TrialState_TRIAL_STATE_RUNNING || found.GetLostLeases() != 0 {
		t.Fatal(found)
	}
	done := make(chan error)
	for range 8 {
		go func() {
			_, err := c.ShouldStop(ctx, "s", trial.Number, trial.Attempt)
			done <- err
		}()
	}
	for range 8 {
		check(t, <-done)
	}
}

// silent answers every call with nothing in it.
type silent struct {
	pb.UnimplementedSchedulerServiceServer
}

func (silent) Suggest(context.Context, *pb.SuggestRequest) (*pb.SuggestResponse, error) {
	return &pb.SuggestResponse{Outcome: &pb.SuggestResponse_Assignment{Assignment: &pb.Assignment{
		TargetResource: 3, HeartbeatInterval: seconds(0.01)}}}, nil
}

func (silent) Heartbeat(context.Context, *pb.HeartbeatRequest) (*pb.HeartbeatResponse, error) {
	return &pb.HeartbeatResponse{}, nil
}

func (silent) Report(context.Context, *pb.ReportRequest) (*pb.ReportResponse, error) {
	return &pb.ReportResponse{}, nil
}

func TestAnAnswerWithoutADecisionMeansContinue(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	server := grpc.NewServer()
	defer server.Stop()
	pb.RegisterSchedulerServiceServer(server, silent{})
	go server.Serve(listener)
	c, err := ashad.Connect(ashad.Options{Address: listener.Addr().String(), CloseTimeout: time.Millisecond})
	check(t, err)
	defer c.Close()
	trial, err := c.Suggest(ctx, "s")
	check(t, err)
	time.Sleep(100 * time.Millisecond) // some heartbeats
	told, err := trial.Report(ctx, 1, ashad.Metrics{"loss": 1})
	if err != nil || told.Action != ashad.Continue {
		t.Fatal(told, err)
	}
}

func TestAnythingElseOnThePortIsAnOutage(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("SSH-2.0-nothing\r\n"))
			_ = conn.Close()
		}
	}()
	c, err := ashad.Connect(ashad.Options{Address: listener.Addr().String(), CallTimeout: time.Second})
	check(t, err)
	defer c.Close()
	if _, err := c.Study(ctx, "s"); !errors.Is(err, ashad.ErrUnreachable) {
		t.Fatal(err)
	}
}
