package dev.ashad.client;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashad.v1.Asha;
import dev.ashad.v1.Goal;
import dev.ashad.v1.LeaseSpec;
import dev.ashad.v1.RandomSearch;
import dev.ashad.v1.StoredReport;
import dev.ashad.v1.StudyLimits;
import dev.ashad.v1.StudySpec;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/** What tests against a real daemon share: studies, clients, the log, waiting on conditions. */
@Timeout(120)
abstract class DaemonTest {
  private static final AtomicInteger NUMBERS = new AtomicInteger();
  static Daemon daemon;

  final List<Client> clients = new ArrayList<>();
  final Queue<String> log = new ConcurrentLinkedQueue<>();
  private final Logger logger = Logger.getLogger("dev.ashad.client");
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord line) {
          log.add(line.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  @BeforeAll
  static void startDaemon() throws IOException {
    daemon = new Daemon().start();
  }

  @AfterAll
  static void stopDaemon() throws IOException {
    daemon.close();
  }

  @BeforeEach
  void listen() {
    logger.setUseParentHandlers(false);
    logger.addHandler(handler);
  }

  @AfterEach
  void closeClients() {
    Thread.interrupted();
    clients.forEach(Client::close);
    logger.removeHandler(handler);
  }

  ClientBuilder builder() {
    return Client.builder()
        .address(daemon.address)
        .maxWait(Duration.ofSeconds(1))
        .closeTimeout(Duration.ofSeconds(5));
  }

  Client connect(ClientBuilder builder) {
    Client client = builder.connect();
    clients.add(client);
    return client;
  }

  Client connect() {
    return connect(builder());
  }

  /** Every trial is trained in full, to 4, unless told otherwise. */
  static StudySpec.Builder spec() {
    return StudySpec.newBuilder()
        .setMetric("loss")
        .setGoal(Goal.GOAL_MINIMIZE)
        .setMaxResource(4)
        .setSeed(1)
        .addSpace(Space.logUniform("lr", 1e-4, 1e-1))
        .setLimits(StudyLimits.newBuilder().setMaxTrials(3))
        .setRandom(RandomSearch.getDefaultInstance());
  }

  static Asha.Builder asha() {
    return Asha.newBuilder().setEta(3);
  }

  /** A heartbeat every tenth of a second. */
  static LeaseSpec quickHeartbeats(int leaseSeconds) {
    return LeaseSpec.newBuilder()
        .setDuration(com.google.protobuf.Duration.newBuilder().setSeconds(leaseSeconds))
        .setHeartbeatInterval(com.google.protobuf.Duration.newBuilder().setNanos(100_000_000))
        .build();
  }

  String study(StudySpec.Builder spec) {
    String name = "study-" + NUMBERS.incrementAndGet();
    try (Client client = builder().connect()) {
      client.createStudy(name, spec.build());
    }
    return name;
  }

  String study() {
    return study(spec());
  }

  String stateOf(String study, long trial) {
    try (Client client = builder().connect()) {
      return client.getTrial(study, trial).getState().name().replace("TRIAL_STATE_", "");
    }
  }

  String messageOf(String study, long trial) {
    try (Client client = builder().connect()) {
      return client.getTrial(study, trial).getMessage();
    }
  }

  static List<Long> resources(Client client, String study, long trial) {
    List<Long> found = new ArrayList<>();
    for (StoredReport report : client.listReports(study, trial)) {
      found.add(report.getResource());
    }
    return found;
  }

  static void until(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not within 60 s");
      }
      Thread.sleep(20);
    }
  }

  /** As a stranger would, who does not know which thread he meets. */
  static void interruptHeartbeats() {
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().equals("ashad-heartbeat")) {
        assertTrue(thread.isDaemon());
        thread.interrupt();
      }
    }
  }

  boolean logged(String text) {
    return log.stream().anyMatch(line -> line.contains(text));
  }
}
