package ashad

import (
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	replicatesOf      = "ashad:replicates:"
	longestCheckpoint = 4096
)

// Replicates joins several seeds or folds of one configuration, which the trial's resource counts from
// 1. A rung compares the trials by their mean, or a quantile, over as many replicates as its level says,
// so that a configuration that does badly with the first ones never gets the others. The values travel
// in the checkpoint, so that a trial that is promoted, or whose worker died, goes on with the next one.
type Replicates struct {
	study    string
	quantile float64 // below 0: the mean
	values   map[string][]float64
}

// Replicates returns what joins several seeds or folds, where the study's resource counts these: of as
// many as there are their mean or, where it is given, the quantile of 0 to 1. ErrInvalid where the trial
// goes on and its values until now are not in its checkpoint.
func (t *Trial) Replicates(quantile ...float64) (*Replicates, error) {
	r := &Replicates{study: t.Study, quantile: -1}
	for _, share := range quantile {
		if !(share >= 0 && share <= 1) {
			return nil, invalid(fmt.Sprintf("quantile: a number from 0 to 1, not %v", share))
		}
		r.quantile = share
	}
	if t.StartResource == 0 {
		return r, nil
	}
	r.values = readReplicates(t.ResumeCheckpoint)
	for _, many := range r.values {
		if int64(len(many)) != t.StartResource {
			r.values = nil
		}
	}
	if len(r.values) == 0 {
		return nil, invalid(fmt.Sprintf("replicates: the trial goes on after %d, and its checkpoint has not so many "+
			"values: report each replicate with what Add returns", t.StartResource))
	}
	return r, nil
}

// Seed returns a seed for a replicate, 31 bits, the same for every trial of the study: configurations
// are compared under the same chance, which tells them apart sooner. FNV-1a of "STUDY/NUMBER", mixed as
// in SplitMix64: the same in every language.
func (r *Replicates) Seed(number int64) int64 {
	mixed := uint64(0xcbf29ce484222325)
	for _, b := range fmt.Appendf(nil, "%s/%d", r.study, number) {
		mixed = (mixed ^ uint64(b)) * 0x100000001b3
	}
	mixed = (mixed ^ mixed>>30) * 0xbf58476d1ce4e5b9
	mixed = (mixed ^ mixed>>27) * 0x94d049bb133111eb
	return int64((mixed ^ mixed>>31) >> 33)
}

// Add takes the metrics of the next replicate, and returns what to report of all of them. ErrInvalid for
// one that lacks a metric of the others or has another, and where the values have no room in a checkpoint.
func (r *Replicates) Add(metrics Metrics) (Metrics, Checkpoint, error) {
	before, count := slices.Sorted(maps.Keys(r.values)), 0
	if len(metrics) == 0 && len(before) == 0 {
		return nil, "", invalid("Add: at least one metric")
	}
	if len(before) > 0 && !slices.Equal(before, slices.Sorted(maps.Keys(metrics))) {
		return nil, "", invalid("Add: each replicate has the same metrics: " + strings.Join(before, ", "))
	}
	kept := map[string][]float64{}
	for name, value := range metrics {
		kept[name] = append(slices.Clone(r.values[name]), value)
		count = len(kept[name])
	}
	checkpoint := writeReplicates(kept)
	if len(checkpoint) > longestCheckpoint {
		return nil, "", invalid(fmt.Sprintf("Add: the values of %d replicates are too many to be kept: %d of %d characters; "+
			"report fewer metrics", count, len(checkpoint), longestCheckpoint))
	}
	r.values = kept
	told := Metrics{}
	for name, many := range kept {
		told[name] = r.of(many)
	}
	return told, Checkpoint(checkpoint), nil
}

func (r *Replicates) of(many []float64) float64 {
	if slices.ContainsFunc(many, math.IsNaN) {
		return math.NaN()
	}
	if r.quantile < 0 {
		return mean(many)
	}
	ranked := slices.Sorted(slices.Values(many))
	place := r.quantile * float64(len(ranked)-1)
	low := int(place)
	share, high := place-float64(low), min(low+1, len(ranked)-1)
	if share == 0 {
		return ranked[low]
	}
	return float64(ranked[low]*(1-share)) + float64(ranked[high]*share) // rounded each: not fused
}

// mean adds with what each sum loses kept apart (Neumaier, 1974), so that ten tenths are one.
func mean(many []float64) float64 {
	sum, lost := 0.0, 0.0
	for _, value := range many {
		next := sum + value
		if math.Abs(sum) >= math.Abs(value) {
			lost += (sum - next) + value
		} else {
			lost += (value - next) + sum
		}
		sum = next
	}
	if math.IsInf(sum, 0) || math.IsNaN(sum) {
		return sum
	}
	return (sum + lost) / float64(len(many))
}

// writeReplicates makes the checkpoint: ashad:replicates:error=1,2;loss=0.5,NaN
func writeReplicates(values map[string][]float64) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		var many []string
		for _, value := range values[name] {
			text := strconv.FormatFloat(value, 'g', -1, 64)
			many = append(many, strings.TrimPrefix(strings.Replace(text, "Inf", "Infinity", 1), "+"))
		}
		quoted := strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
		all = append(all, quoted+"="+strings.Join(many, ","))
	}
	return replicatesOf + strings.Join(all, ";")
}

// readReplicates returns the values in a checkpoint; none where it is of another kind.
func readReplicates(checkpoint string) map[string][]float64 {
	text, found := strings.CutPrefix(checkpoint, replicatesOf)
	if !found {
		return nil
	}
	values := map[string][]float64{}
	for one := range strings.SplitSeq(text, ";") {
		quoted, many, _ := strings.Cut(one, "=")
		name, err := url.PathUnescape(quoted)
		if err != nil {
			return nil
		}
		for number := range strings.SplitSeq(many, ",") {
			value, err := strconv.ParseFloat(number, 64)
			if err != nil {
				return nil
			}
			values[name] = append(values[name], value)
		}
	}
	return values
}
