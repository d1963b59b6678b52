package ashad

import pb "ashad.dev/client/go/ashadpb"

// What a training process should do.
const (
	Continue = "CONTINUE"
	Stop     = "STOP"  // for good
	Pause    = "PAUSE" // the checkpoint may be resumed later
)

// Decision is the answer to a report. Reason is a word of the contract (IN_TOP, BELOW_CUTOFF,
// SUPERSEDED, ...), or of this client: UNREACHABLE (the report is queued, go on), OUTAGE (the daemon
// stayed away too long), or the reason of a refusal. The other fields are its grounds where a rung
// was entered.
type Decision struct {
	Action         string
	Reason         string
	Bracket        int32
	Rung           *int32 // nil where the report entered none
	Level          int64
	Rank           int64 // 1 is best
	Size           int64
	Quota          int64 // how many of Size may go on
	Cutoff         *float64
	NextResource   int64 // where the next decision will be made
	Late           bool  // the report came after its level
	CurrentAttempt int32 // who holds a superseded trial now
}

// ShouldStop says whether to leave the loop and ask for another trial.
func (d Decision) ShouldStop() bool { return d.Action != Continue }

// read takes in a decision; an action that is not known must not end a training.
func read(d *pb.Decision) Decision {
	if d == nil {
		return Decision{Action: Continue}
	}
	action := Continue
	switch d.GetAction() {
	case pb.Action_ACTION_STOP:
		action = Stop
	case pb.Action_ACTION_PAUSE:
		action = Pause
	}
	return Decision{
		Action: action, Reason: d.GetReason(), Bracket: d.GetBracket(), Rung: d.Rung,
		Level: d.GetLevel(), Rank: d.GetRank(), Size: d.GetSize(), Quota: d.GetQuota(),
		Cutoff: d.Cutoff, NextResource: d.GetNextResource(), Late: d.GetLate(),
		CurrentAttempt: d.GetCurrentAttempt(),
	}
}
