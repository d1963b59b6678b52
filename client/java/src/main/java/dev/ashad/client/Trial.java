package dev.ashad.client;

import dev.ashad.client.Decision.Action;
import dev.ashad.v1.Assignment;
import dev.ashad.v1.CompleteTrialRequest;
import dev.ashad.v1.FailTrialRequest;
import dev.ashad.v1.FailureKind;
import dev.ashad.v1.HeartbeatRequest;
import dev.ashad.v1.Metric;
import dev.ashad.v1.ReleaseTrialRequest;
import dev.ashad.v1.ReportRequest;
import dev.ashad.v1.SchedulerServiceGrpc;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;

/**
 * One attempt at one trial, held by one client. Every method may be called from any thread.
 *
 * <p>{@link #close} is for {@code try (trial)}: it ends a trial that has not ended yet. It
 * completes one whose {@link #steps} ran out, and gives back any other, since Java does not tell it
 * whether an exception is on its way; {@link Client#run} sees exceptions and fails the trial with
 * them.
 */
public final class Trial implements AutoCloseable {
  private static final int MESSAGE_LIMIT = 4096;

  private final Client client;
  private final Assignment assignment;
  private final Params params;
  private volatile Decision decision;
  private volatile long position;
  private volatile boolean ranOut;
  // A heartbeat brought the stop, so the daemon still waits to hear from us.
  private volatile boolean told;

  Trial(Client client, Assignment assignment) {
    this.client = client;
    this.assignment = assignment;
    this.params = new Params(assignment.getParamsList());
    this.position = assignment.getStartResource();
    this.decision =
        new Decision(
            dev.ashad.v1.Decision.newBuilder()
                .setNextResource(assignment.getNextResource())
                .build());
  }

  /** Name of the study. */
  public String study() {
    return assignment.getStudy();
  }

  /** Number of the trial in its study, from 0. */
  public long number() {
    return assignment.getTrial();
  }

  /** Which assignment of the trial this is, from 1. */
  public int attempt() {
    return assignment.getAttempt();
  }

  /** The configuration. */
  public Params params() {
    return params;
  }

  /** A seed for the training, the same for every attempt of this trial. */
  public long seed() {
    return assignment.getSeed();
  }

  /** Name of the metric that the study judges. */
  public String metric() {
    return assignment.getMetric();
  }

  /** Train from here: the resource of {@link #resumeCheckpoint}, or 0. */
  public long startResource() {
    return assignment.getStartResource();
  }

  /** Train to here at most. */
  public long targetResource() {
    return assignment.getTargetResource();
  }

  /** Resource of a fully trained trial. */
  public long maxResource() {
    return assignment.getMaxResource();
  }

  /** Where to load the state at {@link #startResource} from; empty: begin anew. */
  public String resumeCheckpoint() {
    return assignment.getResumeCheckpointUri();
  }

  /** The latest decision that this process knows of. */
  public Decision decision() {
    return decision;
  }

  /**
   * The resources to train, from where the trial stands to {@link #targetResource}. Ends early when
   * a report or a heartbeat was answered STOP or PAUSE.
   */
  public Iterable<Long> steps() {
    return Steps::new;
  }

  /**
   * Reports the study's metric after a resource, and waits for the decision.
   *
   * @param resource how far the training is: cumulative, in the study's unit
   * @param value NaN and infinities mean diverged
   * @return the decision; CONTINUE, reason UNREACHABLE, while the daemon is away and the report
   *     waits in the queue
   * @throws AshadException for what is refused (a resource that goes back), and when this thread is
   *     interrupted: the report is then sent in the background
   */
  public Decision report(long resource, double value) {
    return report(resource, value, "");
  }

  /**
   * The same, with a checkpoint.
   *
   * @param checkpoint where the state at this resource can be resumed from: opaque, at most 4096
   *     characters; empty or null: none
   */
  public Decision report(long resource, double value, String checkpoint) {
    return report(resource, Map.of(metric(), value), checkpoint);
  }

  /** The same, with several metrics by name, the study's own among them. */
  public Decision report(long resource, Map<String, ? extends Number> metrics, String checkpoint) {
    if (resource < 0) {
      throw AshadException.invalid("resource: a whole number from 1 on, not " + resource);
    }
    if (metrics.isEmpty()) {
      throw AshadException.invalid("metrics: at least the metric of the study, " + metric());
    }
    ReportRequest.Builder request =
        ReportRequest.newBuilder()
            .setStudy(study())
            .setTrial(number())
            .setAttempt(attempt())
            .setLeaseToken(assignment.getLeaseToken())
            .setResource(resource)
            .setCheckpointUri(checkpoint == null ? "" : checkpoint);
    metrics.forEach((name, value) -> request.addMetrics(metricOf(name, value)));
    return client.report(
        this, resource, new Item<>(this, SchedulerServiceGrpc.getReportMethod(), request.build()));
  }

  /**
   * A count of what is spent (samples, tokens, cost), for a resource that is no loop.
   *
   * @param unit so much of what is added is one of the study's resource
   * @param every a report is due each so many units
   * @throws AshadException for a unit that is not above 0, and for every below 1
   */
  public Meter meter(double unit, long every) {
    return new Meter(this, unit, every, false);
  }

  /** A meter that counts time by itself: {@code unit} is one of the study's resource. */
  public Meter clock(Duration unit, long every) {
    return new Meter(this, unit.toNanos(), every, true);
  }

  /**
   * Joins several seeds or folds, where the study's resource counts these: of as many as there are
   * the mean is reported.
   *
   * @throws AshadException where the trial goes on and its values until now are not in its
   *     checkpoint
   */
  public Replicates replicates() {
    return Replicates.mean(this);
  }

  /** The same with a quantile of 0 to 1 in place of the mean. */
  public Replicates replicates(double quantile) {
    return Replicates.quantile(this, quantile);
  }

  /** Whether to leave the loop now. Asks nobody while this client keeps the trial alive. */
  public boolean shouldStop() {
    return client.shouldStop(this);
  }

  /** Ends it: the training ended by itself, its last report is its result. */
  public void complete() {
    client.settle(this, completion(), "COMPLETED");
  }

  /** Ends it: the training broke. The message is for people. */
  public void fail(String message) {
    client.settle(this, failure(message, FailureKind.FAILURE_KIND_ERROR), "FAILED");
  }

  /** Ends it: the training broke, with the type and message of an exception. */
  public void fail(Throwable error) {
    fail(describe(error));
  }

  /** Ends it: this configuration cannot work at all; the daemon replaces it. */
  public void infeasible(String message) {
    client.settle(this, failure(message, FailureKind.FAILURE_KIND_INFEASIBLE), "INFEASIBLE");
  }

  /** Gives it back, e.g. when pre-empted: it is queued again and nothing counts as a failure. */
  public void release() {
    client.settle(this, releasing(), "RELEASED");
  }

  /**
   * Ends it, if it has not ended: completes it where {@link #steps} ran out, else gives it back.
   */
  @Override
  public void close() {
    if (ranOut && !Thread.currentThread().isInterrupted()) {
      complete();
    } else {
      release();
    }
  }

  @Override
  public String toString() {
    return "trial " + study() + "/" + number() + " (attempt " + attempt() + ")";
  }

  // --- for the client, which holds its lock where it changes something ---

  /** Whether there is nothing more to train or to say in this attempt. */
  boolean over() {
    return decision.shouldStop();
  }

  /** Whether the daemon may still take it for running. */
  boolean open() {
    return told || !over();
  }

  /** Ends it from this side. */
  void end(String reason) {
    decision = new Decision(Action.STOP, reason);
    told = false;
  }

  /** Takes in a decision of the daemon; returns whether it ends the attempt. */
  boolean take(dev.ashad.v1.Decision message) {
    Decision taken = new Decision(message);
    told = false;
    if (taken.shouldStop() || !over()) { // a late CONTINUE reopens nothing
      decision = taken;
    }
    return taken.shouldStop();
  }

  /**
   * Takes in what came with a heartbeat: only an end is news, since a CONTINUE may be older than
   * the report that is under way. Returns whether the trial is somebody else's.
   */
  boolean hear(dev.ashad.v1.Decision message) {
    if (new Decision(message).shouldStop()) {
      take(message);
      told = !message.getReason().equals("SUPERSEDED");
    }
    return over() && !told;
  }

  long position() {
    return position;
  }

  void reached(long resource) {
    position = Math.max(position, resource);
  }

  long heartbeatNanos() {
    com.google.protobuf.Duration interval = assignment.getHeartbeatInterval();
    long nanos = Duration.ofSeconds(interval.getSeconds(), interval.getNanos()).toNanos();
    return nanos > 0 ? nanos : Duration.ofSeconds(15).toNanos(); // where a daemon names none
  }

  HeartbeatRequest heartbeat() {
    return HeartbeatRequest.newBuilder()
        .setStudy(study())
        .setTrial(number())
        .setAttempt(attempt())
        .setLeaseToken(assignment.getLeaseToken())
        .build();
  }

  Item<?, ?> completion() {
    CompleteTrialRequest request =
        CompleteTrialRequest.newBuilder()
            .setStudy(study())
            .setTrial(number())
            .setAttempt(attempt())
            .setLeaseToken(assignment.getLeaseToken())
            .build();
    return new Item<>(this, SchedulerServiceGrpc.getCompleteTrialMethod(), request);
  }

  Item<?, ?> failure(String message, FailureKind kind) {
    FailTrialRequest request =
        FailTrialRequest.newBuilder()
            .setStudy(study())
            .setTrial(number())
            .setAttempt(attempt())
            .setLeaseToken(assignment.getLeaseToken())
            .setKind(kind)
            .setMessage(cut(message))
            .build();
    return new Item<>(this, SchedulerServiceGrpc.getFailTrialMethod(), request);
  }

  Item<?, ?> releasing() {
    ReleaseTrialRequest request =
        ReleaseTrialRequest.newBuilder()
            .setStudy(study())
            .setTrial(number())
            .setAttempt(attempt())
            .setLeaseToken(assignment.getLeaseToken())
            .build();
    return new Item<>(this, SchedulerServiceGrpc.getReleaseTrialMethod(), request);
  }

  private static Metric metricOf(String name, Number value) {
    return Metric.newBuilder().setValue(numberOf(name, value)).setName(name).build();
  }

  /** The value of a metric; what has no name or no value is refused. */
  static double numberOf(String name, Number value) {
    if (name == null || value == null) {
      throw AshadException.invalid("metric " + name + ": a number, not " + value);
    }
    return value.doubleValue();
  }

  private static String describe(Throwable error) {
    String name = error.getClass().getSimpleName();
    String kind = name.isEmpty() ? error.getClass().getName() : name;
    String message;
    try {
      message = error.getMessage();
    } catch (RuntimeException broken) { // it is somebody else's code
      message = null;
    }
    return message == null || message.isEmpty() ? kind : kind + ": " + message;
  }

  /** Whatever an exception said, in a form and length that can be sent. */
  private static String cut(String message) {
    byte[] bytes = String.valueOf(message).getBytes(StandardCharsets.UTF_8); // no half characters
    String whole = new String(bytes, StandardCharsets.UTF_8);
    boolean fits = whole.codePointCount(0, whole.length()) <= MESSAGE_LIMIT;
    return fits ? whole : whole.substring(0, whole.offsetByCodePoints(0, MESSAGE_LIMIT));
  }

  private final class Steps implements Iterator<Long> {
    private long last = position;

    @Override
    public boolean hasNext() {
      ranOut = over() || Math.max(last, position) >= targetResource();
      return !ranOut;
    }

    @Override
    public Long next() {
      if (!hasNext()) {
        throw new NoSuchElementException("no more steps of " + Trial.this);
      }
      last = Math.max(last, position) + 1;
      return last;
    }
  }
}
