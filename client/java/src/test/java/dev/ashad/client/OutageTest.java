package dev.ashad.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashad.client.Decision.Action;
import dev.ashad.v1.StudyLimits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The daemon is killed, and comes back or not: training goes on, nothing is lost or doubled. */
class OutageTest extends DaemonTest {
  @AfterEach
  void daemonIsBack() throws IOException {
    if (!daemon.running()) {
      daemon.start();
    }
  }

  @Test
  void killInMidTrial() throws Exception {
    String study =
        study(spec().setMaxResource(60).setLimits(StudyLimits.newBuilder().setMaxTrials(2)));
    Client client = connect();
    List<Long> millis = new ArrayList<>();
    List<Long> queued = new ArrayList<>();
    client.run(
        study,
        trial -> {
          for (long epoch : trial.steps()) {
            if (trial.number() == 0 && epoch == 10) {
              daemon.kill();
            }
            if (trial.number() == 0 && epoch == 40) {
              daemon.start();
            }
            long begun = System.nanoTime();
            Decision decision = trial.report(epoch, 1.0 / epoch);
            millis.add((System.nanoTime() - begun) / 1_000_000);
            if (decision.reason().equals("UNREACHABLE")) {
              assertEquals(Action.CONTINUE, decision.action());
              queued.add(epoch);
            }
          }
        });
    assertTrue(queued.size() >= 30, queued::toString);
    assertTrue(millis.stream().allMatch(each -> each < 5000), millis::toString);
    List<Long> all = LongStream.rangeClosed(1, 60).boxed().collect(Collectors.toList());
    assertEquals(all, resources(client, study, 0));
    assertEquals(all, resources(client, study, 1));
    var counts = client.study(study).getCounts();
    assertEquals(2, counts.getCompleted());
    assertEquals(0, counts.getLostLeases() + counts.getFailed());
    assertEquals(1, log.stream().filter(line -> line.contains("no service")).count());
    assertTrue(logged("ashad is back"));
  }

  @Test
  void decisionsComeBackWithTheDaemon() throws Exception {
    String study = study(spec().setMaxResource(9).setAsha(asha()));
    Client client = connect();
    Trial good = client.suggest(study).orElseThrow();
    for (long epoch : good.steps()) {
      good.report(epoch, 0.0);
    }
    Trial bad = client.suggest(study).orElseThrow();
    daemon.kill();
    assertEquals("UNREACHABLE", bad.report(1, 1.0).reason());
    assertEquals("UNREACHABLE", bad.report(2, 1.0).reason());
    assertFalse(bad.shouldStop());
    interruptHeartbeats();
    daemon.start();
    until(bad::shouldStop);
    assertEquals("BELOW_CUTOFF", bad.decision().reason());
    assertEquals(List.of(1L), resources(client, study, 1)); // what came after the stop is dropped
  }

  @Test
  void endWhileAway() throws Exception {
    String study = study();
    Client client = connect();
    Trial trial = client.suggest(study).orElseThrow();
    daemon.kill();
    trial.report(1, 1.0);
    trial.fail("out of luck");
    Thread starter = daemon.startSoon();
    assertEquals(1, client.suggest(study).orElseThrow().number()); // waits for the queue
    starter.join();
    assertEquals("FAILED", stateOf(study, 0));
    assertEquals(List.of(1L), resources(client, study, 0));
  }

  @Test
  void refusalOfAQueuedReportEndsTheLoop() throws Exception {
    String study = study();
    Client client = connect();
    Trial trial = client.suggest(study).orElseThrow();
    daemon.kill();
    assertEquals(Action.CONTINUE, trial.report(1, 1.0).action());
    assertEquals(Action.CONTINUE, trial.report(2, Map.of("other", 1.0), "").action());
    assertEquals(Action.CONTINUE, trial.report(3, 1.0).action());
    daemon.start();
    until(trial::shouldStop);
    assertEquals("METRIC_MISSING", trial.decision().reason());
    assertFalse(trial.steps().iterator().hasNext());
    assertEquals(1, client.suggest(study).orElseThrow().number());
    assertTrue(messageOf(study, 0).contains("was refused"));
    assertTrue(logged("Report of trial " + study + "/0 (attempt 1) at 2 was refused"));
  }

  @Test
  void sameRequestIdUntilAnswered() throws Exception {
    String study = study();
    Client client = connect();
    daemon.kill();
    Thread starter = daemon.startSoon();
    Trial trial = client.suggest(study).orElseThrow();
    starter.join();
    assertEquals(1, trial.attempt());
    assertEquals(1, client.study(study).getCounts().getCreated());
  }

  @Test
  void outageThatDoesNotEnd() throws Exception {
    String study = study();
    Client client =
        connect(builder().outage(Duration.ofMillis(500)).callTimeout(Duration.ofMillis(300)));
    Trial trial = client.suggest(study).orElseThrow();
    daemon.kill();
    trial.report(1, 1.0);
    AshadException away = assertThrows(AshadException.class, () -> client.study(study));
    assertEquals("UNAVAILABLE", away.code());
    assertEquals("UNREACHABLE", away.reason());
    until(trial::shouldStop);
    assertEquals("OUTAGE", trial.decision().reason());
    assertTrue(logged("calls lost: 1"));
    assertThrows(AshadException.class, () -> client.suggest(study));
  }

  @Test
  void closeIsBounded() throws Exception {
    String study = study();
    Client client = connect(builder().closeTimeout(Duration.ofMillis(500)));
    client.suggest(study).orElseThrow().report(1, 1.0);
    daemon.kill();
    long begun = System.nanoTime();
    client.close();
    assertTrue(System.nanoTime() - begun < 5e9);
    assertTrue(logged("calls lost: 1"));
  }

  @Test
  void closeFlushesThoughInterrupted() throws Exception {
    String study = study();
    Client client = connect(builder().closeTimeout(Duration.ofSeconds(60)));
    Trial trial = client.suggest(study).orElseThrow();
    daemon.kill();
    trial.report(1, 1.0);
    trial.report(2, 1.0);
    Thread starter = daemon.startSoon();
    Thread.currentThread().interrupt();
    client.close();
    assertTrue(Thread.interrupted());
    starter.join();
    assertEquals("QUEUED", stateOf(study, 0));
    assertEquals(List.of(1L, 2L), resources(connect(), study, 0));
  }

  @Test
  void secondInterruptCutsCloseShort() throws Exception {
    String study = study();
    Client client = connect(builder().closeTimeout(Duration.ofSeconds(60)));
    Trial trial = client.suggest(study).orElseThrow();
    daemon.kill();
    trial.report(1, 1.0);
    Thread closing = new Thread(client::close);
    closing.start();
    until(() -> closing.getState() == Thread.State.TIMED_WAITING);
    closing.interrupt();
    closing.join(5000);
    assertFalse(closing.isAlive());
    assertTrue(logged("calls lost: 2"));
  }

  @Test
  void interruptedReportIsStillSent() throws Exception {
    String study = study();
    Client client = connect();
    Trial trial = client.suggest(study).orElseThrow();
    daemon.freeze(true);
    Thread training =
        new Thread(
            () -> {
              assertEquals(
                  "INTERRUPTED",
                  assertThrows(AshadException.class, () -> trial.report(1, 1.0)).reason());
              trial.close();
            });
    training.start();
    until(() -> training.getState() != Thread.State.RUNNABLE);
    training.interrupt();
    training.join();
    daemon.freeze(false);
    until(() -> stateOf(study, 0).equals("QUEUED"));
    assertEquals(List.of(1L), resources(client, study, 0));
  }

  @Test
  void anythingElseOnThePortIsAnOutage() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Thread proxy = new Thread(() -> unavailable(server));
      proxy.setDaemon(true);
      proxy.start();
      try (Client client =
          Client.builder()
              .address("127.0.0.1:" + server.getLocalPort())
              .callTimeout(Duration.ofSeconds(2))
              .connect()) {
        AshadException error = assertThrows(AshadException.class, () -> client.study("any"));
        assertEquals("UNREACHABLE", error.reason(), error::getMessage);
      }
    }
  }

  /** Answers as the proxy of a daemon that is away. */
  private static void unavailable(ServerSocket server) {
    while (!server.isClosed()) {
      try (Socket socket = server.accept()) {
        socket.getInputStream().read(new byte[1000]);
        String answer = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
        socket.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
      } catch (IOException gone) {
        return;
      }
    }
  }

  @Test
  void noDaemonAtAll() {
    try (Client client =
        Client.builder()
            .address("127.0.0.1:1")
            .outage(Duration.ofMillis(200))
            .closeTimeout(Duration.ofMillis(100))
            .connect()) {
      AshadException away = assertThrows(AshadException.class, () -> client.suggest("any"));
      assertEquals("UNREACHABLE", away.reason());
      assertTrue(away.getMessage().contains("Connection refused"), away::getMessage);
      assertFalse(client.shouldStop("any", 0, 1));
    }
  }
}
