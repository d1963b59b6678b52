// The loop of the README, which must compile as it stands there.
package ashad_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	ashad "ashad.dev/client/go"
	"google.golang.org/protobuf/types/known/durationpb"
)

func seconds(s float64) *durationpb.Duration {
	return durationpb.New(time.Duration(s * float64(time.Second)))
}

func train(params ashad.Params, epoch int64) float64 {
	return params.Float("learning_rate") / float64(epoch)
}

func loop(ctx context.Context) error {
	client, err := ashad.Connect(ashad.Options{}) // ASHAD_ADDRESS or 127.0.0.1:2742
	if err != nil {
		return err
	}
	defer client.Close()
	for trial, err := range client.Trials(ctx, "digits") { // ends when the study is finished
		if err != nil {
			return err
		}
		for epoch := range trial.Steps() { // ends when told to stop
			validation := train(trial.Params, epoch)
			if _, err := trial.Report(ctx, epoch, ashad.Metrics{"validation_error": validation}); err != nil {
				trial.Fail(ctx, err.Error())
				return err
			}
		}
	}
	return nil
}

func TestTheReadmeHasTheLoop(t *testing.T) {
	own, err := os.ReadFile("example_test.go")
	check(t, err)
	readme, err := os.ReadFile("README.md")
	check(t, err)
	text := string(own)
	text = text[strings.Index(text, "func loop("):strings.Index(text, "\n\nfunc TestTheReadme")]
	if !strings.Contains(string(readme), text) {
		t.Fatal("the README has another loop than example_test.go")
	}
	_ = loop
}
