package ashad

import (
	"fmt"
	"math"
	"time"
)

const rounding = 1e-9 // of a unit: ten times 0.1 is one

// Meter is what an attempt has spent of time, cost or steps, in whole units on top of where the trial
// stood. It only counts. It is for one goroutine.
type Meter struct {
	trial *Trial
	unit  float64
	every int64
	spent float64
	since time.Time // of a clock; zero: it is told
}

// Meter returns a count of what is spent (samples, tokens, cost), for a resource that is no loop: unit of
// what is added is one of the study's resource, and a report is due each every. ErrInvalid for a unit that
// is not above 0 and for every below 1.
func (t *Trial) Meter(unit float64, every int64) (*Meter, error) {
	if !(unit > 0) || math.IsInf(unit, 1) {
		return nil, invalid(fmt.Sprintf("unit: a finite number above 0, not %v", unit))
	}
	if every < 1 {
		return nil, invalid(fmt.Sprintf("every: a whole number of units, at least 1, not %d", every))
	}
	return &Meter{trial: t, unit: unit, every: every}, nil
}

// Clock returns a meter that counts time by itself: unit is one of the study's resource.
func (t *Trial) Clock(unit time.Duration, every int64) (*Meter, error) {
	m, err := t.Meter(unit.Seconds(), every)
	if err == nil {
		m.since = time.Now()
	}
	return m, err
}

// Add counts what was spent, in the caller's measure. ErrInvalid for a number that is negative or not
// finite, and for a clock, which counts by itself.
func (m *Meter) Add(amount float64) error {
	if !m.since.IsZero() {
		return invalid("Add: a clock counts by itself; trial.Meter(...) is what is added to")
	}
	if !(amount >= 0) || math.IsInf(amount, 1) {
		return invalid(fmt.Sprintf("Add: a finite number, at least 0, not %v", amount))
	}
	m.spent += amount
	return nil
}

// Resource returns the resource to report now, cumulative over the trial's attempts; never beyond
// TargetResource, so that nothing is refused for being a second too long.
func (m *Meter) Resource() int64 {
	spent := m.spent
	if !m.since.IsZero() {
		spent = time.Since(m.since).Seconds()
	}
	left := m.trial.TargetResource - m.trial.StartResource
	return m.trial.StartResource + int64(min(math.Floor(spent/m.unit+rounding), float64(left)))
}

// Due says whether a report is due: every units since the last one, or the target is reached.
func (m *Meter) Due() bool {
	here, last := m.Resource(), m.trial.next(0)-1
	return here >= last+m.every || here == m.trial.TargetResource && here > last
}
