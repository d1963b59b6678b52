import dev.ashad.client.Client;
import dev.ashad.client.Space;
import dev.ashad.client.Trial;
import dev.ashad.v1.Assignment;
import dev.ashad.v1.Goal;
import dev.ashad.v1.Metric;
import dev.ashad.v1.ReportRequest;
import dev.ashad.v1.SchedulerServiceGrpc;
import dev.ashad.v1.SchedulerServiceGrpc.SchedulerServiceBlockingStub;
import dev.ashad.v1.SingleTrial;
import dev.ashad.v1.StudySpec;
import dev.ashad.v1.SuggestRequest;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * Reports a second in a closed loop, through the client and through a bare stub, in turn: ADDRESS
 * COUNT ROUNDS. Both are warmed up first, since this machine compiles while it runs.
 */
public final class Bench {
  private static final int WARM_UP = 5_000;

  private final Client client;
  private final SchedulerServiceBlockingStub stub;

  private Bench(Client client, ManagedChannel channel) {
    this.client = client;
    this.stub = SchedulerServiceGrpc.newBlockingStub(channel);
  }

  public static void main(String[] args) {
    int count = Integer.parseInt(args[1]);
    int rounds = Integer.parseInt(args[2]);
    ManagedChannel channel =
        Grpc.newChannelBuilder("dns:///" + args[0], InsecureChannelCredentials.create())
            .proxyDetector(target -> null)
            .build();
    try (Client client = Client.connect(args[0])) {
      Bench bench = new Bench(client, channel);
      bench.wrapper(WARM_UP);
      bench.bare(WARM_UP);
      for (int round = 0; round < rounds; round++) {
        double wrapper = bench.wrapper(count);
        double bare = bench.bare(count);
        System.out.printf(Locale.ROOT, "wrapper %.1f bare %.1f%n", wrapper, bare);
      }
    } finally {
      channel.shutdownNow();
    }
  }

  private double wrapper(int count) {
    String study = makeStudy(count);
    try (Trial trial = client.suggest(study).orElseThrow()) {
      long begun = System.nanoTime();
      for (int step = 1; step <= count; step++) {
        trial.report(step, 1.0 / step);
      }
      return rate(count, begun);
    } finally {
      client.deleteStudy(study, true);
    }
  }

  private double bare(int count) {
    String study = makeStudy(count);
    Assignment assignment =
        stub.suggest(
                SuggestRequest.newBuilder()
                    .setStudy(study)
                    .setWorker("bench")
                    .setRequestId(UUID.randomUUID().toString())
                    .build())
            .getAssignment();
    try {
      long begun = System.nanoTime();
      for (int step = 1; step <= count; step++) {
        stub.withDeadlineAfter(30, TimeUnit.SECONDS)
            .report(
                ReportRequest.newBuilder()
                    .setStudy(study)
                    .setTrial(assignment.getTrial())
                    .setAttempt(assignment.getAttempt())
                    .setLeaseToken(assignment.getLeaseToken())
                    .setResource(step)
                    .addMetrics(Metric.newBuilder().setName("loss").setValue(1.0 / step))
                    .build());
      }
      return rate(count, begun);
    } finally {
      client.deleteStudy(study, true);
    }
  }

  private String makeStudy(int count) {
    String name = "bench-" + UUID.randomUUID();
    client.createStudy(
        name,
        StudySpec.newBuilder()
            .setMetric("loss")
            .setGoal(Goal.GOAL_MINIMIZE)
            .setMaxResource(count + 1L)
            .addSpace(Space.uniform("x", 0, 1))
            .setSingle(SingleTrial.getDefaultInstance())
            .build());
    return name;
  }

  private static double rate(int count, long begun) {
    return count * 1e9 / (System.nanoTime() - begun);
  }
}
