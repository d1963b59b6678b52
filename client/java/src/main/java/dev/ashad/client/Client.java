package dev.ashad.client;

import dev.ashad.v1.Assignment;
import dev.ashad.v1.SchedulerServiceGrpc;
import dev.ashad.v1.ShouldStopRequest;
import dev.ashad.v1.SuggestResponse;
import dev.ashad.v1.Wait;
import io.grpc.MethodDescriptor;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/**
 * One worker's line to the daemon. It holds one running trial at a time.
 *
 * <pre>{@code
 * try (Client client = Client.connect()) {
 *   client.run("digits", trial -> { // until the study is finished
 *     Model model = new Model(trial.params().getDouble("learning_rate"));
 *     for (long epoch : trial.steps()) { // ends when told to stop
 *       trial.report(epoch, model.trainOneEpoch());
 *     }
 *   });
 * }
 * }</pre>
 *
 * <p>Usable from several threads, but a second trial at the same time needs a second client. A
 * thread in the background sends heartbeats while a trial is held, and, while the daemon is away,
 * the reports that wait. Training goes on meanwhile; a stop throws nothing.
 */
public final class Client extends Studies implements AutoCloseable {
  private static final System.Logger LOG = Post.LOG;
  private static final long NO_DELAY_NANOS = 1_000_000_000; // where a daemon names none

  private final Post post;
  private final HeartbeatThread heartbeats;
  private final String worker;
  private final long maxWaitNanos;
  private final long closeNanos;
  private final long callNanos;
  private final Thread hook = new Thread(this::close, "ashad-close");
  private final WorkRequest work; // of the thread that asks
  private boolean asking; // a Suggest is under way; guarded by the monitor of the post

  Client(ClientBuilder settings, Link link) {
    this.post = new Post(link, ClientBuilder.nanos(settings.outage));
    this.heartbeats = new HeartbeatThread(post);
    this.worker = settings.worker;
    this.work = new WorkRequest(post, worker);
    this.maxWaitNanos = ClientBuilder.nanos(settings.maxWait);
    this.closeNanos = ClientBuilder.nanos(settings.closeTimeout);
    this.callNanos = ClientBuilder.nanos(settings.callTimeout);
    if (settings.shutdownHook) {
      Runtime.getRuntime().addShutdownHook(hook);
    }
  }

  /** Makes a client by the environment: see {@link ClientBuilder}. */
  public static Client connect() {
    return builder().connect();
  }

  /** Makes a client for the daemon at {@code host:port}. */
  public static Client connect(String address) {
    return builder().address(address).connect();
  }

  /** For a client with settings of its own. */
  public static ClientBuilder builder() {
    return new ClientBuilder(System.getenv());
  }

  /** Where the daemon is looked for. */
  public String address() {
    return post.link.address;
  }

  /** The worker id that this client gives. */
  public String worker() {
    return worker;
  }

  // --- the loop ---

  /** What is done with a trial. */
  @FunctionalInterface
  public interface Training<E extends Exception> {
    /** Trains one trial; see {@link Client#run}. */
    void train(Trial trial) throws E;
  }

  /**
   * Trains one trial after the other, until the study is finished.
   *
   * <p>A training that returns without a stop completes its trial. One that throws fails it, with
   * the type and message of what was thrown, which goes on to the caller. An interruption (the flag
   * of the thread, InterruptedException, CancellationException) gives the trial back and ends the
   * loop.
   *
   * @throws E what the training threw
   * @throws AshadException for a refusal; reason INTERRUPTED after an interruption
   */
  public <E extends Exception> void run(String study, Training<E> training) throws E {
    Objects.requireNonNull(training);
    for (Trial trial : trials(study)) {
      try {
        training.train(trial);
      } catch (Throwable error) { // an OutOfMemoryError is a result of its configuration, too
        settleAfter(error, trial);
        throw error;
      }
    }
  }

  private static void settleAfter(Throwable error, Trial trial) {
    try {
      if (isInterruption(error)) {
        trial.release();
      } else {
        trial.fail(error);
      }
    } catch (RuntimeException second) {
      error.addSuppressed(second);
    }
  }

  /**
   * The same loop as an iterator, for {@code for (Trial trial : client.trials("digits")) try
   * (trial) {...}}.
   *
   * <p>Asking for the next trial completes the last one, if it has not ended; it is given back
   * instead where the thread was interrupted. An iterator hears nothing of a {@code break} or an
   * exception: without {@code try (trial)} the trial then stays held, and is kept alive, until
   * {@link Trial#release} or {@link #close}.
   */
  public Iterable<Trial> trials(String study) {
    return () -> new Trials(this, study);
  }

  /** A trial, waiting for one; empty when the study is finished. */
  public Optional<Trial> suggest(String study) {
    return Optional.ofNullable(next(study, Post.FOREVER));
  }

  /**
   * The same, waiting so long at most; zero asks once.
   *
   * @throws AshadException NO_TRIAL when the time is over, TRIAL_HELD while this client still holds
   *     a trial
   */
  public Optional<Trial> suggest(String study, Duration timeout) {
    ClientBuilder.check("timeout", timeout);
    long deadline = Math.min(Post.now() + ClientBuilder.nanos(timeout), Post.FOREVER);
    return Optional.ofNullable(next(study, deadline));
  }

  /**
   * Asks the daemon for the stored decision: for the other processes of a distributed job. A pure
   * read; false while the daemon cannot be reached.
   */
  public boolean shouldStop(String study, long trial, int attempt) {
    ShouldStopRequest request =
        ShouldStopRequest.newBuilder().setStudy(study).setTrial(trial).setAttempt(attempt).build();
    try {
      return post.ask(
              SchedulerServiceGrpc.getShouldStopMethod(),
              request,
              Post.SHORT_NANOS,
              Post.now() + Post.SHORT_NANOS)
          .getShouldStop();
    } catch (AshadException error) {
      if (error.isTransient()) {
        return false;
      }
      throw error;
    }
  }

  /**
   * Gives back a trial that is held, sends what waits, for at most {@link
   * ClientBuilder#closeTimeout}, and hangs up. A thread that was interrupted before still does all
   * of this; interrupt it once more to cut it short.
   */
  @Override
  public void close() {
    boolean interrupted = Thread.interrupted();
    try {
      boolean ours = beginClose();
      long deadline = Post.now() + closeNanos;
      try {
        giveBackUnanswered(ours, deadline);
      } finally {
        post.flush(ours, deadline);
      }
    } catch (AshadException again) {
      interrupted = true;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException ending) {
      return; // the JVM is going down: nothing to remove it from
    }
  }

  /** Returns whether it is up to us, and no other thread is at it. */
  private boolean beginClose() {
    synchronized (post) {
      if (post.close()) {
        return false;
      }
      Trial trial = heartbeats.held();
      if (trial != null && trial.open()) {
        trial.end("RELEASED");
        post.put(trial.releasing());
        heartbeats.drop(trial);
      }
      return true;
    }
  }

  /** Gives back what a request was answered with that nobody waits for any more. */
  private void giveBackUnanswered(boolean ours, long deadline) {
    if (ours && post.awaitSent(deadline) && !isAsking()) {
      Assignment assignment = work.takeBackLast();
      if (assignment != null) {
        post.put(new Trial(this, assignment).releasing());
      }
    }
  }

  private boolean isAsking() {
    synchronized (post) {
      return asking;
    }
  }

  // --- asking for work ---

  Trial next(String study, long deadline) {
    begin();
    try {
      Trial before = heartbeats.held();
      if (before != null) {
        settle(before, before.releasing(), "");
      }
      // What is still to be said of the last trial comes first, or it would come back to us.
      post.awaitSilence(deadline);
      if (work.isOfAnother(study)) {
        Assignment assignment = work.takeBack(deadline);
        if (assignment != null) {
          Trial trial = new Trial(this, assignment);
          settle(trial, trial.releasing(), "RELEASED");
        }
      }
      while (true) {
        SuggestResponse answer = suggestOnce(study, deadline);
        switch (answer.getOutcomeCase()) {
          case ASSIGNMENT:
            return hold(new Trial(this, answer.getAssignment()));
          case FINISHED:
            String why = answer.getFinished().getReason();
            LOG.log(Level.DEBUG, () -> "study " + study + " is finished: " + why);
            return null;
          default:
            Wait wait = answer.getWait();
            long delay = nanos(wait.getDelay());
            long until = Post.now() + (delay > 0 ? delay : NO_DELAY_NANOS);
            if (until > deadline) {
              throw outOfTime(study, wait.getReason());
            }
            post.await(post::isClosed, until);
        }
      }
    } finally {
      end();
    }
  }

  private void begin() {
    synchronized (post) {
      post.checkOpen();
      Trial trial = heartbeats.held();
      if (asking || (trial != null && !trial.over())) {
        throw AshadException.misuse(
            "TRIAL_HELD",
            "this client still holds "
                + (asking ? "a request for a trial" : trial)
                + ", and a worker id stands for one running trial: finish it first,"
                + " or connect a second client");
      }
      heartbeats.start();
      asking = true;
    }
  }

  private void end() {
    synchronized (post) {
      asking = false;
    }
  }

  private SuggestResponse suggestOnce(String study, long deadline) {
    post.checkOpen();
    if (!post.awaitSilence(0)) {
      throw outOfTime(study, "the daemon is away");
    }
    long wait = Math.max(0, Math.min(maxWaitNanos, deadline - Post.now()));
    return work.ask(study, wait, deadline);
  }

  private Trial hold(Trial trial) {
    synchronized (post) {
      if (post.isClosed()) { // meanwhile, so nobody will train it
        post.put(trial.releasing());
      }
      post.checkOpen();
      heartbeats.hold(trial);
    }
    LOG.log(Level.DEBUG, () -> trial + ": " + trial.params());
    return trial;
  }

  private static AshadException outOfTime(String study, String why) {
    return new AshadException(
        "DEADLINE_EXCEEDED", "NO_TRIAL", "no trial of " + study + " in the time given: " + why);
  }

  // --- the life of a trial ---

  Decision report(Trial trial, long resource, Item<?, ?> item) {
    if (!trial.open()) {
      return trial.decision();
    }
    post.checkOpen();
    AshadException refusal = post.enter(item) ? post.deliver(item) : null;
    if (refusal != null && !trial.over()) {
      throw refusal;
    }
    trial.reached(resource);
    // Back already, with a queue to work off: wait for our turn, or it never ends.
    post.await(() -> item.answered || trial.over() || post.isAway(), Post.now() + Post.CALL_NANOS);
    if (item.answered || trial.over()) {
      return trial.decision();
    }
    if (Thread.currentThread().isInterrupted()) {
      throw AshadException.interrupted();
    }
    return new Decision(Decision.Action.CONTINUE, "UNREACHABLE");
  }

  /** Ends a trial from this side, once; a refusal is logged, since training is over. */
  void settle(Trial trial, Item<?, ?> item, String reason) {
    Item<?, ?> last = item;
    boolean ours = false;
    synchronized (post) {
      if (trial.open()) {
        post.checkOpen();
        boolean over = trial.over(); // as told: nothing more is trained
        last = over ? trial.releasing() : item;
        trial.end(over ? trial.decision().reason() : reason);
        ours = post.enter(last);
      }
    }
    AshadException refusal = ours ? post.deliver(last) : null;
    if (refusal != null) {
      LOG.log(Level.WARNING, last + " was refused: " + refusal.getMessage());
    }
    heartbeats.drop(trial);
  }

  boolean shouldStop(Trial trial) {
    if (trial.over() || heartbeats.held() == trial) {
      return trial.over();
    }
    return shouldStop(trial.study(), trial.number(), trial.attempt());
  }

  @Override
  <Q, A> A ask(MethodDescriptor<Q, A> method, Q request) {
    return post.ask(method, request, Post.CALL_NANOS, Post.now() + callNanos);
  }

  private static boolean isInterruption(Throwable error) {
    boolean found = Thread.currentThread().isInterrupted();
    int depth = 0; // a chain of causes may be a ring
    for (Throwable e = error; e != null && !found && depth < 100; e = e.getCause(), depth++) {
      found = e instanceof InterruptedException || e instanceof CancellationException;
    }
    return found;
  }

  private static long nanos(com.google.protobuf.Duration duration) {
    return Duration.ofSeconds(duration.getSeconds(), duration.getNanos()).toNanos();
  }
}
