// Command driver speaks for the Go client in a conversation (tests/contract/conversations): a line in, a
// line out.
package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	ashad "ashad.dev/client/go"
	pb "ashad.dev/client/go/ashadpb"
	"google.golang.org/protobuf/proto"
)

var (
	ctx     = context.Background()
	clients = map[string]*ashad.Client{}
	trials  = map[string]*ashad.Trial{}
	joined  = map[string]*ashad.Replicates{}
	meters  = map[string]*ashad.Meter{}
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		words := strings.Split(lines.Text(), " ")
		told, err := answer(words[0], words[1], words[2:])
		var refused *ashad.Error
		if errors.As(err, &refused) {
			fmt.Fprintln(os.Stderr, "error:", refused.Message)
			told = "error " + refused.Code + " " + orDash(refused.Reason)
		} else if err != nil {
			panic(err)
		}
		fmt.Println(told)
	}
}

func answer(verb, name string, w []string) (string, error) {
	c, t := clients[name], trials[name]
	switch verb {
	case "client":
		made, err := ashad.Connect(ashad.Options{Worker: w[0]})
		clients[name] = made
		return "ok", err
	case "create_study":
		raw, err := base64.StdEncoding.DecodeString(w[1])
		spec := &pb.StudySpec{}
		if err = errors.Join(err, proto.Unmarshal(raw, spec)); err == nil {
			_, err = c.CreateStudy(ctx, w[0], spec)
		}
		return "ok", err
	case "study":
		s, err := c.Study(ctx, w[0])
		state := strings.TrimPrefix(s.GetState().String(), "STUDY_STATE_")
		return fmt.Sprintf("%s trials %d running %d", state, s.GetCounts().GetCreated(), s.GetCounts().GetRunning()), err
	case "studies":
		return list(c.Studies(ctx), func(s *pb.Study) string { return s.GetName() })
	case "update_study":
		most := number(w[1])
		_, err := c.UpdateStudy(ctx, w[0], &pb.StudyLimits{MaxTrials: &most})
		return "ok", err
	case "change_space":
		return changeSpace(c, w[0], w[1])
	case "pause_study", "resume_study", "stop_study":
		steer := map[string]func(context.Context, string) (*pb.Study, error){
			"pause_study": c.PauseStudy, "resume_study": c.ResumeStudy, "stop_study": c.StopStudy}
		_, err := steer[verb](ctx, w[0])
		return "ok", err
	case "delete_study":
		return "ok", c.DeleteStudy(ctx, w[0], len(w) > 1)
	case "best":
		best, err := c.Best(ctx, w[0])
		if best == nil {
			return "none", err
		}
		return fmt.Sprintf("trial %d at %d %s seed %d", best.Trial, best.Resource, hexed(best.Value), best.Seed), err
	case "front":
		front, err := c.Front(ctx, w[0])
		var shown []string
		for _, one := range front {
			shown = append(shown, point(one))
		}
		return orNone(shown), err
	case "enqueue_trial":
		params := map[string]any{}
		for _, word := range w[1:] {
			key, value, _ := strings.Cut(word, "=")
			params[key] = native(value)
		}
		made, err := c.EnqueueTrial(ctx, w[0], params)
		return fmt.Sprintf("trial %d", made.GetTrial()), err
	case "cancel_trial":
		found, err := c.CancelTrial(ctx, w[0], number(w[1]))
		return state(found), err
	case "get_trial":
		f, err := c.GetTrial(ctx, w[0], number(w[1]))
		return fmt.Sprintf("%s %s attempt %d resource %d", state(f), orDash(f.GetReason()), f.GetAttempt(), f.GetResource()), err
	case "list_trials":
		return list(c.ListTrials(ctx, w[0]), func(t *pb.Trial) string { return fmt.Sprintf("%d:%s", t.GetTrial(), state(t)) })
	case "list_reports":
		return list(c.ListReports(ctx, w[0], nil), func(r *pb.StoredReport) string {
			return fmt.Sprintf("%d/%d@%d", r.GetTrial(), r.GetAttempt(), r.GetResource())
		})
	case "explain_trial":
		found, err := c.ExplainTrial(ctx, w[0], number(w[1]))
		return fmt.Sprintf("%d explanations", len(found.GetExplanations())), err
	case "suggest":
		return suggest(c, name, w[0])
	case "params":
		var shown []string
		for _, key := range t.Params.Names() {
			value, _ := t.Params.Get(key)
			shown = append(shown, key+"="+typed(value))
		}
		return strings.Join(shown, " "), nil
	case "steps":
		var shown []string
		for step := range t.Steps() {
			shown = append(shown, fmt.Sprint(step))
		}
		return orNone(shown), nil
	case "report":
		return report(t, w)
	case "replicates":
		var quantile []float64
		for _, word := range w {
			quantile = append(quantile, float(word))
		}
		made, err := t.Replicates(quantile...)
		joined[name] = made
		return "ok", err
	case "replicate":
		return replicate(t, joined[name], w)
	case "replicate_seed":
		return fmt.Sprint(joined[name].Seed(number(w[0]))), nil
	case "meter":
		made, err := t.Meter(float(w[0]), number(w[1]))
		meters[name] = made
		return "ok", err
	case "clock":
		made, err := t.Clock(seconds(w[0]), number(w[1]))
		meters[name] = made
		return "ok", err
	case "spend":
		m := meters[name]
		if len(w) > 0 {
			if err := m.Add(float(w[0])); err != nil {
				return "", err
			}
		}
		if m.Due() {
			return fmt.Sprintf("%d due", m.Resource()), nil
		}
		return fmt.Sprint(m.Resource()), nil
	case "await_clock":
		begun := time.Now()
		clock, err := t.Clock(seconds(w[0]), 1)
		check(err)
		for !clock.Due() {
		}
		if time.Since(begun) < seconds(w[0]) {
			return "early", nil
		}
	case "should_stop":
		if len(w) == 0 {
			return fmt.Sprint(t.ShouldStop()), nil
		}
		told, err := c.ShouldStop(ctx, w[0], number(w[1]), int32(number(w[2])))
		return fmt.Sprint(told), err
	case "await_stop":
		for end := time.Now().Add(10 * time.Second); !t.ShouldStop(); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				return "still running", nil
			}
		}
		return decision(t.Decision()), nil
	case "complete":
		t.Complete(ctx)
	case "release":
		t.Release(ctx)
	case "fail":
		t.Fail(ctx, strings.Join(w, " "))
	case "infeasible":
		t.Infeasible(ctx, strings.Join(w, " "))
	case "loop":
		return loop(c, w)
	case "close":
		return "ok", c.Close()
	default:
		return "error UNIMPLEMENTED UNKNOWN_VERB", nil
	}
	return "ok", nil
}

func changeSpace(c *ashad.Client, study, change string) (string, error) {
	raw, err := base64.StdEncoding.DecodeString(change)
	asked := &pb.ChangeSpaceRequest{}
	check(errors.Join(err, proto.Unmarshal(raw, asked)))
	past := map[string]any{}
	for _, one := range asked.GetPastValues() {
		past[one.GetName()] = one.GetValue().GetDoubleValue()
	}
	ask := c.ChangeSpace
	if asked.GetValidateOnly() {
		ask = c.CheckSpace
	}
	found, err := ask(ctx, study, asked.GetSpace(), past)
	if err != nil {
		return "", err
	}
	version := found.GetSpaceVersions()[len(found.GetSpaceVersions())-1]
	told := fmt.Sprintf("version %d from trial %d:", version.GetVersion(), version.GetFirstTrial())
	for _, one := range found.GetSpec().GetSpace() {
		told += " " + one.GetName()
	}
	return told, nil
}

func point(one ashad.Best) string {
	told := fmt.Sprintf("%d@%d:%s", one.Trial, one.Resource, hexed(one.Value))
	for _, name := range slices.Sorted(maps.Keys(one.Metrics)) {
		told += "," + name + "=" + hexed(one.Metrics[name])
	}
	if one.Checkpoint != "" {
		told += "@" + one.Checkpoint
	}
	return told
}

func suggest(c *ashad.Client, name, study string) (string, error) {
	second, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	t, err := c.Suggest(second, study)
	if errors.Is(err, ashad.ErrNoTrial) {
		return "wait", nil
	}
	if err != nil || t == nil {
		return "finished", err
	}
	trials[name] = t
	resume := ""
	if t.ResumeCheckpoint != "" {
		resume = " checkpoint " + t.ResumeCheckpoint
	}
	return fmt.Sprintf("trial %d attempt %d from %d to %d%s", t.Number, t.Attempt, t.StartResource, t.TargetResource, resume), nil
}

func report(t *ashad.Trial, w []string) (string, error) {
	metrics, checkpoint := ashad.Metrics{}, []ashad.Checkpoint{}
	if w[1] != "none" {
		metrics[t.Metric] = float(w[1])
	}
	for _, word := range w[2:] {
		key, value, _ := strings.Cut(word, "=")
		if key == "checkpoint" {
			checkpoint = append(checkpoint, ashad.Checkpoint(value))
		} else {
			metrics[key] = float(value)
		}
	}
	told, err := t.Report(ctx, number(w[0]), metrics, checkpoint...)
	return decision(told), err
}

func replicate(t *ashad.Trial, r *ashad.Replicates, w []string) (string, error) {
	metrics := ashad.Metrics{}
	for _, word := range w[1:] {
		key, value, _ := strings.Cut(word, "=")
		metrics[key] = float(value)
	}
	told, checkpoint, err := r.Add(metrics)
	if err != nil {
		return "", err
	}
	decided, err := t.Report(ctx, number(w[0]), told, checkpoint)
	shown := ""
	for _, name := range slices.Sorted(maps.Keys(told)) {
		shown += name + "=" + hexed(told[name]) + " "
	}
	return shown + decision(decided), err
}

func loop(c *ashad.Client, w []string) (string, error) {
	pause := time.Duration(0)
	if len(w) > 1 {
		pause = time.Duration(number(w[1])) * time.Millisecond
	}
	made, reports := 0, 0
	for t, err := range c.Trials(ctx, w[0]) {
		if err != nil {
			return "", err
		}
		made++
		for step := range t.Steps() {
			time.Sleep(pause)
			value := float64(t.Number*7919%1009)/1009 + 1/float64(step)
			if _, err := t.Report(ctx, step, ashad.Metrics{t.Metric: value}); err != nil {
				return "", err
			}
			reports++
		}
	}
	return fmt.Sprintf("trials %d reports %d", made, reports), nil
}

func decision(d ashad.Decision) string {
	shown := d.Action + " " + orDash(d.Reason)
	if d.Rung != nil {
		shown += fmt.Sprintf(" rung %d level %d rank %d of %d quota %d", *d.Rung, d.Level, d.Rank, d.Size, d.Quota)
	}
	if d.NextResource != 0 {
		shown += fmt.Sprintf(" next %d", d.NextResource)
	}
	if d.Late {
		shown += " late"
	}
	if d.CurrentAttempt != 0 {
		shown += fmt.Sprintf(" current %d", d.CurrentAttempt)
	}
	return shown
}

func list[T any](found iter.Seq2[T, error], show func(T) string) (string, error) {
	var shown []string
	for one, err := range found {
		if err != nil {
			return "", err
		}
		shown = append(shown, show(one))
	}
	return orNone(shown), nil
}

func native(text string) any {
	kind, rest, _ := strings.Cut(text, ":")
	switch kind {
	case "int":
		return number(rest)
	case "bool":
		return rest == "true"
	case "float":
		bits, err := strconv.ParseUint(rest, 16, 64)
		check(err)
		return math.Float64frombits(bits)
	}
	return rest
}

func typed(value any) string {
	switch v := value.(type) {
	case int64:
		return fmt.Sprintf("int:%d", v)
	case float64:
		return "float:" + hexed(v)
	case bool:
		return fmt.Sprintf("bool:%t", v)
	}
	return fmt.Sprintf("str:%s", value)
}

func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	check(err)
	return n
}

func float(text string) float64 {
	n, err := strconv.ParseFloat(text, 64)
	if !errors.Is(err, strconv.ErrRange) { // 5e-324 and its like
		check(err)
	}
	return n
}

func state(t *pb.Trial) string { return strings.TrimPrefix(t.GetState().String(), "TRIAL_STATE_") }

func seconds(text string) time.Duration { return time.Duration(float(text) * float64(time.Second)) }

func hexed(value float64) string {
	if math.IsNaN(value) {
		return "7ff8000000000000"
	}
	return fmt.Sprintf("%016x", math.Float64bits(value))
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func orNone(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, " ")
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
