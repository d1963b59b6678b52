// Command bench reports in a closed loop through the client, and as often through a bare stub, in
// turn: ADDRESS COUNT ROUNDS. It prints one line a round.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	ashad "ashad.dev/client/go"
	pb "ashad.dev/client/go/ashadpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

var ctx = context.Background()

func main() {
	count, err := strconv.Atoi(os.Args[2])
	check(err)
	rounds, err := strconv.Atoi(os.Args[3])
	check(err)
	client, err := ashad.Connect(ashad.Options{Address: os.Args[1]})
	check(err)
	defer client.Close()
	conn, err := grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithNoProxy())
	check(err)
	defer conn.Close()
	stub := pb.NewSchedulerServiceClient(conn)
	name := fmt.Sprintf("bench-go-%d", os.Getpid())
	for _, suffix := range []string{"-wrapper", "-bare"} {
		_, err = client.CreateStudy(ctx, name+suffix, spec())
		check(err)
	}
	trial, err := client.Suggest(ctx, name+"-wrapper")
	check(err)
	held, err := stub.Suggest(ctx, &pb.SuggestRequest{Study: name + "-bare", Worker: "bare", RequestId: "bare"})
	check(err)
	a, at := held.GetAssignment(), int64(0)
	for range rounds {
		wrapper := rate(count, func(i int64) {
			_, err := trial.Report(ctx, at+i, ashad.Metrics{"loss": 0.5})
			check(err)
		})
		bare := rate(count, func(i int64) {
			timeout, cancel := context.WithTimeout(ctx, 30*time.Second)
			defer cancel()
			_, err := stub.Report(timeout, &pb.ReportRequest{
				Study: a.GetStudy(), Trial: a.GetTrial(), Attempt: a.GetAttempt(), LeaseToken: a.GetLeaseToken(),
				Resource: at + i, Metrics: []*pb.Metric{{Name: "loss", Value: 0.5}},
			})
			check(err)
		})
		at += int64(count)
		fmt.Printf("wrapper %.0f bare %.0f\n", wrapper, bare)
	}
}

func rate(count int, report func(int64)) float64 {
	begun := time.Now()
	for i := range count {
		report(int64(i) + 1)
	}
	return float64(count) / time.Since(begun).Seconds()
}

func spec() *pb.StudySpec {
	return &pb.StudySpec{
		Metric: "loss", Goal: pb.Goal_GOAL_MINIMIZE, MaxResource: 1e12,
		Space:     []*pb.ParameterSpec{{Name: "x", Kind: &pb.ParameterSpec_FloatRange{FloatRange: &pb.FloatRange{High: 1}}}},
		Algorithm: &pb.StudySpec_Random{Random: &pb.RandomSearch{}},
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
