package dev.ashad.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashad.client.Decision.Action;
import dev.ashad.v1.AshaVariant;
import dev.ashad.v1.StudyLimits;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** The loop against a real daemon: its answers, its ends, its errors. */
class LoopTest extends DaemonTest {
  @Test
  void wholeSearchByRun() {
    String study = study();
    Client client = connect();
    List<String> seen = new ArrayList<>();
    client.run(
        study,
        trial -> {
          Decision decision = null;
          for (long epoch : trial.steps()) {
            decision = trial.report(epoch, trial.params().getDouble("lr") + 1.0 / epoch);
            seen.add(trial.number() + "@" + epoch);
          }
          assertEquals("STOP MAX_RESOURCE", String.valueOf(decision));
        });
    assertEquals(
        List.of("0@1", "0@2", "0@3", "0@4", "1@1", "1@2", "1@3", "1@4", "2@1", "2@2", "2@3", "2@4"),
        seen);
    Best best = client.best(study).orElseThrow();
    assertEquals(4, best.resource());
    assertEquals(best.params().getDouble("lr") + 1.0 / 4, best.value());
    assertEquals(3, client.study(study).getCounts().getCompleted());
  }

  @Test
  void wholeSearchByIterator() {
    String study = study();
    Client client = connect();
    int reports = 0;
    for (Trial trial : client.trials(study)) {
      try (trial) {
        for (long epoch : trial.steps()) {
          trial.report(epoch, 1.0 / epoch);
          reports++;
        }
      }
    }
    assertEquals(12, reports);
    assertEquals(3, client.study(study).getCounts().getCompleted());
  }

  @Test
  void stopEndsTheLoopQuietly() {
    String study =
        study(
            spec()
                .setMaxResource(9)
                .setAsha(asha())
                .setLimits(StudyLimits.newBuilder().setMaxTrials(4)));
    List<Long> lengths = new ArrayList<>();
    connect()
        .run(
            study,
            trial -> {
              long last = 0;
              Decision decision = trial.decision();
              for (long epoch : trial.steps()) {
                decision = trial.report(epoch, (double) trial.number());
                last = epoch;
              }
              lengths.add(last);
              assertTrue(trial.shouldStop());
              assertEquals(decision, trial.report(last + 1, 0)); // over is over
              if (trial.number() == 3) {
                assertEquals("BELOW_CUTOFF", decision.reason());
                assertEquals(0, decision.rung().orElseThrow());
                assertEquals(
                    List.of(1L, 4L, 4L),
                    List.of(decision.level(), decision.rank(), decision.size()));
                assertEquals(0.0, decision.cutoff().orElseThrow());
              }
            });
    assertEquals(List.of(9L, 1L, 1L, 1L), lengths);
  }

  @Test
  void promotionResumesFromTheCheckpoint() {
    String study =
        study(
            spec()
                .setMaxResource(9)
                .setAsha(asha().setVariant(AshaVariant.ASHA_VARIANT_PROMOTION))
                .setLimits(StudyLimits.newBuilder().setMaxTrials(9)));
    Set<Long> resumed = new TreeSet<>();
    connect()
        .run(
            study,
            trial -> {
              long from = trial.startResource();
              resumed.add(from);
              String expected = from == 0 ? "" : "at-" + trial.number() + "-" + from;
              assertEquals(expected, trial.resumeCheckpoint());
              for (long epoch : trial.steps()) {
                assertEquals(++from, epoch);
                trial.report(epoch, (double) trial.number(), "at-" + trial.number() + "-" + epoch);
              }
              assertEquals(trial.targetResource(), from);
            });
    assertEquals(Set.of(0L, 1L, 3L), resumed);
  }

  @Test
  void parametersKeepTheirTypes() {
    long odd = (1L << 53) + 1;
    String study =
        study(
            spec()
                .clearSpace()
                .addSpace(Space.constant("big", Long.MAX_VALUE))
                .addSpace(Space.constant("small", Long.MIN_VALUE))
                .addSpace(Space.integer("odd", odd, odd))
                .addSpace(Space.constant("flag", true))
                .addSpace(Space.constant("word", "grüße 🌍"))
                .addSpace(Space.constant("rate", 0.1))
                .addSpace(Space.choice("pick", 3)));
    try (Trial trial = connect().suggest(study).orElseThrow()) {
      Params params = trial.params();
      assertEquals(Long.MAX_VALUE, params.getLong("big"));
      assertEquals(Long.MIN_VALUE, params.getLong("small"));
      assertEquals(odd, params.getLong("odd"));
      assertTrue(params.getBoolean("flag"));
      assertEquals("grüße 🌍", params.getString("word"));
      assertEquals(0.1, params.getDouble("rate"));
      assertEquals(3, params.getInt("pick"));
      assertEquals(3.0, params.getDouble("pick"));
      assertEquals(
          List.of("big", "small", "odd", "flag", "word", "rate", "pick"),
          List.copyOf(params.keySet()));
      assertEquals(3L, params.get("pick"));
      assertThrows(UnsupportedOperationException.class, () -> params.put("x", 1));
      assertEquals(
          "INVALID_ARGUMENT: parameter word is grüße 🌍 (String), not a double",
          assertThrows(AshadException.class, () -> params.getDouble("word")).getMessage());
      for (Runnable wrong :
          List.<Runnable>of(
              () -> params.getLong("rate"),
              () -> params.getInt("big"),
              () -> params.getDouble("odd"), // a double would not hold it
              () -> params.getString("flag"),
              () -> params.getBoolean("word"),
              () -> params.getLong("absent"),
              () -> params.getLong(null))) {
        assertEquals("INVALID_ARGUMENT", assertThrows(AshadException.class, wrong::run).reason());
      }
    }
  }

  @Test
  void metrics() {
    String study = study(spec().setMaxResource(9).setAsha(asha()));
    Client client = connect();
    Trial trial = client.suggest(study).orElseThrow();
    trial.report(1, 1.0);
    assertEquals("DIVERGED", trial.report(2, Double.NaN).reason());
    trial.report(3, Map.of("loss", 0.5f, "n", 7), "");
    var stored = client.listReports(study).iterator();
    assertTrue(stored.next().hasValue());
    assertFalse(stored.next().hasValue());
    var report = stored.next();
    assertEquals(0.5, report.getValue());
    assertEquals(7.0, report.getMetrics(0).getValue());
    for (Runnable wrong :
        List.<Runnable>of(
            () -> trial.report(-1, 1.0),
            () -> trial.report(4, Map.of(), ""),
            () -> trial.report(4, java.util.Collections.singletonMap("loss", null), ""),
            () -> trial.replicates().add(java.util.Collections.singletonMap("loss", null)))) {
      assertEquals("INVALID_ARGUMENT", assertThrows(AshadException.class, wrong::run).reason());
    }
    trial.release();
  }

  @Test
  void refusalsAreOneError() {
    String study = study();
    Trial trial = connect().suggest(study).orElseThrow();
    trial.report(2, 1.0);
    AshadException refused = assertThrows(AshadException.class, () -> trial.report(1, 1.0));
    assertEquals("FAILED_PRECONDITION", refused.code());
    assertEquals("RESOURCE_NOT_INCREASING", refused.reason());
    assertNull(refused.getCause());
    assertEquals(Action.CONTINUE, trial.report(3, 1.0).action());
    refused = assertThrows(AshadException.class, () -> trial.report(4, Map.of("other", 1.0), ""));
    assertEquals("METRIC_MISSING", refused.reason());
    refused = assertThrows(AshadException.class, () -> connect().run("nothing", each -> {}));
    assertEquals("NOT_FOUND", refused.code());
    trial.release();
  }

  @Test
  void oneRunningTrialForEachClient() {
    String study = study();
    Client client = connect();
    Trial trial = client.suggest(study).orElseThrow();
    for (Runnable second :
        List.<Runnable>of(
            () -> client.suggest(study), () -> client.trials(study).iterator().next())) {
      AshadException refused = assertThrows(AshadException.class, second::run);
      assertEquals("TRIAL_HELD", refused.reason());
      assertTrue(refused.getMessage().contains("connect a second client"));
    }
    Trial other = connect().suggest(study).orElseThrow();
    assertNotEquals(trial.number(), other.number());
    trial.release();
    other.release();
  }

  @Test
  void exceptionFailsTheTrial() {
    String study = study(spec().setLimits(StudyLimits.newBuilder().setMaxTrials(5)));
    Client client = connect();
    IOException thrown = // the lambda's own checked exception comes out
        assertThrows(
            IOException.class,
            () ->
                client.run(
                    study,
                    trial -> {
                      trial.report(1, 1.0);
                      throw new IOException("disk");
                    }));
    assertEquals("disk", thrown.getMessage());
    assertEquals("FAILED", stateOf(study, 0));
    assertEquals("IOException: disk", messageOf(study, 0));
    assertThrows(
        StackOverflowError.class,
        () ->
            client.run(
                study,
                trial -> {
                  throw new StackOverflowError();
                }));
    assertEquals("StackOverflowError", messageOf(study, 1));
    assertThrows(
        IllegalStateException.class,
        () ->
            client.run(
                study,
                trial -> {
                  throw new IllegalStateException("🌍".repeat(5000) + "\ud83c"); // lone surrogate
                }));
    assertEquals("FAILED", stateOf(study, 2));
    assertTrue(messageOf(study, 2).startsWith("IllegalStateException: 🌍🌍"));
    assertThrows(
        HostileException.class,
        () ->
            client.run(
                study,
                trial -> {
                  throw new HostileException();
                }));
    assertEquals("HostileException", messageOf(study, 3));
  }

  private static final class HostileException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      throw new IllegalStateException("not even a message");
    }

    @Override
    public synchronized Throwable getCause() {
      return new HostileException();
    }
  }

  @Test
  void interruptionGivesBack() throws InterruptedException {
    String study = study();
    Client client = connect();
    List<Client.Training<Exception>> bodies =
        List.of(
            trial -> {
              trial.report(1, 1.0);
              throw new InterruptedException();
            },
            trial -> {
              throw new IllegalStateException(new CancellationException());
            },
            trial -> Thread.currentThread().interrupt(),
            trial -> {
              Thread.currentThread().interrupt();
              trial.report(2, 1.0);
            },
            trial -> {
              try (trial) {
                Thread.currentThread().interrupt();
              }
            });
    int attempt = 0;
    for (Client.Training<Exception> body : bodies) {
      assertThrows(Exception.class, () -> client.run(study, body));
      Thread.interrupted();
      until(() -> stateOf(study, 0).equals("QUEUED"));
      assertEquals(++attempt, client.getTrial(study, 0).getAttempt());
    }
    assertEquals(List.of(1L, 2L), resources(client, study, 0)); // reported all the same
    assertEquals(0, client.study(study).getCounts().getFailed());
  }

  @Test
  void interruptEndsWaiting() throws InterruptedException {
    String study = study(spec().setLimits(StudyLimits.newBuilder().setMaxConcurrentTrials(1)));
    Trial held = connect().suggest(study).orElseThrow();
    Client client = connect();
    AtomicReference<AshadException> thrown = new AtomicReference<>();
    AtomicReference<Boolean> flag = new AtomicReference<>();
    Thread waiting =
        new Thread(
            () -> {
              thrown.set(assertThrows(AshadException.class, () -> client.suggest(study)));
              flag.set(Thread.currentThread().isInterrupted());
            });
    waiting.start();
    until(() -> waiting.getState() != Thread.State.RUNNABLE);
    waiting.interrupt();
    waiting.join();
    assertEquals("CANCELLED", thrown.get().code());
    assertEquals("INTERRUPTED", thrown.get().reason());
    assertTrue(flag.get());
    held.release();
    client.suggest(study).orElseThrow().release(); // the client is as good as new
  }

  @Test
  void closeOfATrial() {
    String study = study();
    Client client = connect();
    assertThrows(
        IllegalStateException.class,
        () -> {
          try (Trial trial = client.suggest(study).orElseThrow()) {
            trial.report(1, 1.0);
            throw new IllegalStateException("not seen");
          }
        });
    assertEquals("QUEUED", stateOf(study, 0));
    try (Trial trial = client.suggest(study).orElseThrow()) {
      assertEquals(2, trial.attempt());
      for (long epoch : trial.steps()) {
        if (epoch < 4) {
          trial.report(epoch, 1.0);
        }
      }
    }
    assertEquals("COMPLETED", stateOf(study, 0));
    try (Trial trial = client.suggest(study).orElseThrow()) {
      trial.report(1, 1.0);
      trial.fail((String) null);
    }
    assertEquals("null", messageOf(study, 1));
    for (Trial trial : client.trials(study)) {
      try (trial) {
        break;
      }
    }
    assertEquals("QUEUED", stateOf(study, 2));
  }

  @Test
  void endWithoutAStopCompletes() {
    String study = study(spec().setLimits(StudyLimits.newBuilder().setMaxTrials(2)));
    Client client = connect();
    client.run(
        study,
        trial -> {
          if (trial.number() == 0) {
            trial.report(1, 1.0);
          }
        });
    assertEquals("COMPLETED", stateOf(study, 0));
    assertEquals("METRIC_MISSING", client.getTrial(study, 1).getReason());
  }

  @Test
  void infeasibleIsReplaced() {
    String study = study(spec().setLimits(StudyLimits.newBuilder().setMaxTrials(1)));
    List<Long> numbers = new ArrayList<>();
    connect()
        .run(
            study,
            trial -> {
              numbers.add(trial.number());
              if (trial.number() == 0) {
                trial.infeasible("does not fit into memory");
              }
              for (long epoch : trial.steps()) {
                trial.report(epoch, 1.0);
              }
            });
    assertEquals(List.of(0L, 1L), numbers);
    assertEquals("INFEASIBLE", stateOf(study, 0));
  }

  @Test
  void supersededEndsQuietly() {
    String study = study();
    Client old = connect(builder().worker("slot-1"));
    Client young = connect(builder().worker("slot-1"));
    Trial before = old.suggest(study).orElseThrow();
    before.report(1, 1.0);
    Trial after = young.suggest(study).orElseThrow();
    assertEquals(2, after.attempt());
    Decision decision = before.report(2, 1.0);
    assertEquals("STOP SUPERSEDED", decision.toString());
    assertEquals(2, decision.currentAttempt());
    assertFalse(before.steps().iterator().hasNext());
    before.complete();
    assertEquals(1, log.stream().filter(line -> line.contains("taken over")).count());
    assertEquals("RUNNING", stateOf(study, 0));
    after.release();
  }

  @Test
  void deletedStudyEndsTheLoopQuietly() {
    String study = study();
    List<Long> epochs = new ArrayList<>();
    connect()
        .run(
            study,
            trial -> {
              for (long epoch : trial.steps()) {
                if (epoch == 2) {
                  connect().deleteStudy(study, true);
                }
                trial.report(epoch, 1.0);
                epochs.add(epoch);
              }
            });
    assertEquals(List.of(1L, 2L), epochs);
    assertTrue(logged("no more there"));
  }

  @Test
  void heartbeatBringsTheStop() throws InterruptedException {
    String study = study(spec().setLease(quickHeartbeats(60)));
    Trial trial = connect().suggest(study).orElseThrow();
    trial.report(1, 1.0);
    assertFalse(trial.shouldStop());
    Client rank1 = connect();
    assertFalse(rank1.shouldStop(study, trial.number(), trial.attempt()));
    rank1.cancelTrial(study, trial.number());
    until(trial::shouldStop);
    assertTrue(rank1.shouldStop(study, trial.number(), trial.attempt()));
    assertEquals("CANCELLED", trial.decision().reason());
    assertFalse(trial.steps().iterator().hasNext());
  }

  @Test
  void lastReportAfterAStopByHeartbeatCounts() throws InterruptedException {
    String study = study(spec().setLease(quickHeartbeats(60)));
    Client client = connect();
    Trial trial = client.suggest(study).orElseThrow();
    connect().stopStudy(study);
    until(trial::shouldStop);
    assertEquals("STUDY_STOPPED", trial.report(1, 1.0).reason());
    assertEquals(List.of(1L), resources(client, study, 0));
  }

  @Test
  void heartbeatsKeepASilentTrial() throws InterruptedException {
    String study = study(spec().setLease(quickHeartbeats(4)));
    Client client = connect();
    Trial trial = client.suggest(study).orElseThrow();
    interruptHeartbeats();
    long end = System.nanoTime() + Duration.ofSeconds(9).toNanos(); // longer than two leases
    Client asker = connect();
    until(
        () -> {
          assertEquals(0, asker.getTrial(study, 0).getLostLeases());
          return System.nanoTime() > end;
        });
    assertEquals(Action.CONTINUE, trial.report(1, 1.0).action());
    trial.release();
  }

  @Test
  void waitsForWorkAndGivesUpInTime() {
    String study = study(spec().setLimits(StudyLimits.newBuilder().setMaxConcurrentTrials(1)));
    Trial trial = connect().suggest(study).orElseThrow();
    Client second = connect();
    AshadException late =
        assertThrows(AshadException.class, () -> second.suggest(study, Duration.ofMillis(300)));
    assertEquals("NO_TRIAL", late.reason());
    assertThrows(AshadException.class, () -> second.suggest(study, Duration.ZERO));
    trial.release();
    assertEquals(0, second.suggest(study, Duration.ofSeconds(30)).orElseThrow().number());
    assertEquals(0, connect().suggest(study(), Duration.ZERO).orElseThrow().number());
  }

  @Test
  void threadsShareAClient() throws InterruptedException {
    String study = study(spec().setMaxResource(400));
    Client client = connect();
    Trial trial = client.suggest(study).orElseThrow();
    CountDownLatch go = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    AtomicReference<Throwable> wrong = new AtomicReference<>();
    for (int i = 0; i < 4; i++) {
      Thread thread =
          new Thread(
              () -> {
                try {
                  go.await();
                  for (int step = 0; step < 50; step++) {
                    synchronized (trial) {
                      long next = trial.steps().iterator().next();
                      assertEquals(Action.CONTINUE, trial.report(next, 1.0).action());
                    }
                    client.study(study);
                    assertThrows(AshadException.class, () -> client.suggest(study));
                  }
                } catch (Throwable error) {
                  wrong.set(error);
                }
              });
      thread.start();
      threads.add(thread);
    }
    go.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    assertNull(wrong.get());
    assertEquals(200, resources(client, study, 0).size());
    trial.release();
  }

  @Test
  void closedClientRefuses() {
    String study = study();
    Client client = connect();
    Trial trial = client.suggest(study).orElseThrow();
    client.close();
    client.close();
    assertEquals("QUEUED", stateOf(study, 0));
    assertEquals("STOP RELEASED", trial.report(1, 1.0).toString());
    trial.close();
    for (Runnable late :
        List.<Runnable>of(() -> client.study(study), () -> client.suggest(study))) {
      AshadException refused = assertThrows(AshadException.class, late::run);
      assertEquals("CANCELLED", refused.code());
      assertEquals("CLIENT_CLOSED", refused.reason());
    }
  }

  @Test
  void closeEndsAWait() throws InterruptedException {
    String study = study(spec().setLimits(StudyLimits.newBuilder().setMaxConcurrentTrials(1)));
    Trial held = connect().suggest(study).orElseThrow();
    Client client = connect(builder().maxWait(Duration.ofSeconds(60)));
    AtomicReference<AshadException> thrown = new AtomicReference<>();
    Thread waiting =
        new Thread(
            () -> thrown.set(assertThrows(AshadException.class, () -> client.suggest(study))));
    waiting.start();
    until(() -> waiting.getState() != Thread.State.RUNNABLE);
    client.close();
    waiting.join();
    assertEquals("CLIENT_CLOSED", thrown.get().reason());
    held.release();
  }

  @Test
  void studies() {
    String study = study();
    Client client = connect();
    assertEquals(study, client.createStudy(study, spec().build()).getName()); // an echo
    AshadException exists =
        assertThrows(
            AshadException.class,
            () -> client.createStudy(study, spec().setMaxResource(5).build()));
    assertEquals("STUDY_EXISTS", exists.reason());
    assertEquals("new-one", client.createStudy("new-one", spec().build(), true).getName());
    assertThrows(AshadException.class, () -> client.study("new-one"));
    List<String> names = new ArrayList<>();
    client.studies().forEach(each -> names.add(each.getName()));
    assertTrue(names.contains(study));
    assertTrue(client.best(study).isEmpty());
    StudyLimits none = StudyLimits.getDefaultInstance();
    assertTrue(client.updateStudy(study, none).getSpec().getLimits().hasMaxTrials());
    assertFalse(client.updateStudy(study, none, "max_trials").getSpec().getLimits().hasMaxTrials());
    assertEquals(
        0.01,
        client.enqueueTrial(study, Map.of("lr", 0.01)).getParams(0).getValue().getDoubleValue());
    AshadException wrong =
        assertThrows(
            AshadException.class, () -> client.enqueueTrial(study, Map.of("lr", new Object())));
    assertEquals("INVALID_ARGUMENT: lr: a number, text or boolean, not Object", wrong.getMessage());
    client.deleteStudy(study);
    assertThrows(AshadException.class, () -> client.study(study));
  }
}
