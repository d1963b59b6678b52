package dev.ashad.client;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import dev.ashad.v1.FailureKind;
import dev.ashad.v1.ReportResponse;
import io.grpc.MethodDescriptor;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;

/**
 * The way to the daemon, which comes and goes: retries, and the outbox that keeps the order.
 *
 * <p>Whatever an attempt has to say goes through one outbox, by one sender at a time. It is empty
 * while the daemon is there; the first try that fails leaves its item in it, and from then on
 * training goes on while the items wait. Nothing is dropped before the outage is over, but for what
 * comes after the daemon's own STOP, PAUSE or refusal. Its monitor guards the state of the whole
 * client and is never held during a call.
 */
final class Post {
  static final System.Logger LOG = System.getLogger("dev.ashad.client");
  static final long CALL_NANOS = SECONDS.toNanos(30); // one try
  static final long SHORT_NANOS = SECONDS.toNanos(5); // one try of Heartbeat and ShouldStop
  static final long FOREVER = Long.MAX_VALUE / 2;

  static final long AWAY_NANOS = SECONDS.toNanos(2);
  private static final long FIRST_BACKOFF_NANOS = MILLISECONDS.toNanos(500);
  private static final long LAST_BACKOFF_NANOS = SECONDS.toNanos(20);
  private static final long ORIGIN = System.nanoTime();

  final Link link;
  private final long outageNanos;
  private final ArrayDeque<Item<?, ?>> outbox = new ArrayDeque<>();
  private boolean sending;
  private boolean closed; // refuses calls; what waits is still sent
  private boolean gone; // no more of anything
  private boolean away;
  private long awaySince;
  private String awayBecause = "";
  private long retryAt;
  private int failures;

  Post(Link link, long outageNanos) {
    this.link = link;
    this.outageNanos = outageNanos;
  }

  /** Nanoseconds since this class was loaded: they can be added to {@link #FOREVER}. */
  static long now() {
    return System.nanoTime() - ORIGIN;
  }

  /** Calls with the same key until answered, refused, or out of time. */
  <Q, A> A ask(MethodDescriptor<Q, A> method, Q request, long tryNanos, long deadline) {
    for (int tries = 1; ; tries++) {
      checkOpen();
      try {
        A answer = link.call(method, request, timeout(tryNanos, deadline), isAway());
        reached();
        return answer;
      } catch (AshadException error) {
        if (takenOver(error)) {
          awaitSilence(deadline);
          continue;
        }
        if (error.isTransient() || !error.isUnheard()) {
          heard(error);
        }
        if (!error.isTransient()) {
          throw error;
        }
        long wait = backoff(tries, error);
        if (now() + wait > deadline || outageIsOver()) {
          throw unreachable();
        }
        await(() -> closed, now() + wait);
      }
    }
  }

  /** Queues an item, or, where the way is free, leaves it to the caller to {@link #deliver} it. */
  synchronized boolean enter(Item<?, ?> item) {
    // Who is interrupted does not wait: the heartbeat thread sends it.
    if (!outbox.isEmpty() || sending || Thread.currentThread().isInterrupted()) {
      put(item);
      return false;
    }
    sending = true;
    return true;
  }

  /** Sends what was let in, and queues it where that fails. Returns a refusal, or null. */
  AshadException deliver(Item<?, ?> item) {
    try {
      // Where a heartbeat has found the daemon away, training is not held up for long.
      answered(item, item.send(link, isAway() ? AWAY_NANOS : CALL_NANOS, false));
      return null;
    } catch (AshadException error) {
      return refusal(item, error);
    } catch (Throwable error) {
      putBack(item); // no memory, say: whether it arrived is not known, so it is said again
      throw error;
    } finally {
      doneSending();
    }
  }

  private synchronized AshadException refusal(Item<?, ?> item, AshadException error) {
    boolean known = !error.isUnheard() && !error.isInterruption() && !error.isTakeover();
    if (!known) {
      putBack(item);
    }
    if (takenOver(error)) {
      return null;
    }
    heard(error);
    return known && !ended(item, error) ? error : null;
  }

  /** Queues an item. */
  synchronized void put(Item<?, ?> item) {
    outbox.add(item);
    notifyAll();
  }

  /** Queues what was on its way: before what others have put there meanwhile. */
  private synchronized void putBack(Item<?, ?> item) {
    outbox.addFirst(item);
    notifyAll();
  }

  /** Claims the oldest item for {@link #send}; null where there is none, or it is too early. */
  synchronized Item<?, ?> claim() {
    if (outbox.isEmpty() || sending || now() < retryAt) {
      return null;
    }
    sending = true;
    return outbox.peek();
  }

  /** Waits until a time, or until {@link #claim} is worth another try, or something changes. */
  synchronized void awaitWork(long time) throws InterruptedException {
    long until = outbox.isEmpty() || sending ? time : Math.min(time, retryAt);
    pause(until - now());
  }

  /** Tries a claimed item once; it stays where it is while its outcome is unknown. */
  void send(Item<?, ?> item) {
    try {
      answered(item, item.send(link, timeout(CALL_NANOS, FOREVER), isAway()));
    } catch (AshadException error) {
      failed(item, error);
    } finally {
      doneSending();
    }
  }

  private synchronized void doneSending() {
    sending = false;
    notifyAll();
  }

  // --- waiting, and the end ---

  /** Waits for something; returns false at the deadline, or when all is over. */
  synchronized boolean await(BooleanSupplier done, long deadline) {
    while (!done.getAsBoolean()) {
      long left = deadline - now();
      if (left <= 0 || gone) {
        return false;
      }
      try {
        pause(left);
      } catch (InterruptedException error) {
        throw AshadException.interrupted();
      }
    }
    return true;
  }

  @SuppressWarnings("WaitNotInLoop") // the loops are the callers'
  private void pause(long nanos) throws InterruptedException {
    if (!gone && nanos > 0) {
      wait(NANOSECONDS.toMillis(nanos) + 1); // 0 would be for ever
    }
  }

  /** Waits until nothing is left to be sent. */
  boolean awaitSent(long deadline) {
    return await(() -> outbox.isEmpty() && !sending, deadline);
  }

  /** Waits until nothing is left to be sent, or the client is closed. */
  boolean awaitSilence(long deadline) {
    return await(() -> closed || (outbox.isEmpty() && !sending), deadline);
  }

  synchronized void checkOpen() {
    if (closed) {
      throw new AshadException(
          "CANCELLED", "CLIENT_CLOSED", "this client is closed: connect a new one");
    }
  }

  synchronized boolean isClosed() {
    return closed;
  }

  synchronized boolean isGone() {
    return gone;
  }

  /** Refuses calls from now on; returns whether it did so before. */
  synchronized boolean close() {
    boolean before = closed;
    closed = true;
    retryAt = 0;
    notifyAll();
    return before;
  }

  /** Sends what waits, until the deadline, and hangs up; or waits while another thread does so. */
  void flush(boolean ours, long deadline) {
    try {
      await(() -> ours && outbox.isEmpty() && !sending, deadline);
    } finally {
      if (ours) {
        hangUp();
      }
    }
  }

  private synchronized void hangUp() {
    if (!outbox.isEmpty()) {
      LOG.log(Level.ERROR, "ashad is away; calls lost: " + outbox.size());
    }
    gone = true;
    notifyAll();
    link.close();
  }

  // --- what came of an item ---

  private synchronized void answered(Item<?, ?> item, Object answer) {
    reached();
    outbox.remove(item);
    boolean again = item.answered;
    item.answered = true;
    link.epoch.remember(item);
    if (!(answer instanceof ReportResponse)) {
      return;
    }
    Trial trial = item.trial;
    if (trial.take(((ReportResponse) answer).getDecision())) {
      over(trial);
    } else if (again && trial.over() && outbox.stream().noneMatch(left -> left.trial == trial)) {
      put(trial.releasing()); // the daemon that is no more had stopped it; nobody trains it now
    }
  }

  /** Whether a standby took over; what it may not know then goes before all that waits. */
  synchronized boolean takenOver(AshadException error) {
    if (!error.isTakeover()) {
      return false;
    }
    reached();
    List<Item<?, ?>> again = link.epoch.change(error.epoch());
    if (!again.isEmpty()) {
      String what = "epoch " + error.epoch() + ": a standby took over; said again: ";
      LOG.log(Level.WARNING, what + again.size());
      Collections.reverse(again);
      again.forEach(outbox::addFirst);
      notifyAll();
    }
    return true;
  }

  /**
   * What came of a queued item that was not answered. One that was refused ends the loop, since
   * nobody waits to be told.
   */
  private synchronized void failed(Item<?, ?> item, AshadException error) {
    if (takenOver(error)) {
      return;
    }
    heard(error);
    if (error.isUnheard() || error.isInterruption()) {
      return;
    }
    outbox.remove(item); // this one, not the first: others may have emptied the outbox meanwhile
    if (ended(item, error)) {
      return;
    }
    String what = item + " was refused: " + error.getMessage();
    LOG.log(Level.ERROR, what);
    if (item.isReport()) {
      end(item.trial, error);
      put(item.trial.failure(what, FailureKind.FAILURE_KIND_ERROR));
    }
  }

  /** Drops what waits of an attempt that the daemon has ended: it counts for nothing. */
  synchronized void over(Trial trial) {
    outbox.removeIf(item -> item.trial == trial);
    notifyAll();
    Decision decision = trial.decision();
    if (decision.reason().equals("SUPERSEDED")) {
      LOG.log(Level.WARNING, trial + ": taken over by attempt " + decision.currentAttempt());
    }
  }

  /** Ends a loop whose study or trial is no more there: nobody is to blame. */
  private boolean ended(Item<?, ?> item, AshadException error) {
    if (error.isNotFound()) {
      LOG.log(Level.WARNING, item.trial + ": no more there: " + error.getMessage());
      end(item.trial, error);
    }
    return error.isNotFound();
  }

  /** Ends an attempt that the daemon refused to go on with. */
  synchronized void end(Trial trial, AshadException error) {
    trial.end(error.word());
    over(trial);
  }

  // --- the daemon comes and goes ---

  synchronized boolean isAway() {
    return away;
  }

  /** Takes note of an error: the daemon refused, or did not answer. */
  void heard(AshadException error) {
    if (error.isUnheard()) {
      unreached(error);
    } else if (!error.isInterruption()) {
      reached();
    }
  }

  /** Notes that the daemon answered. */
  synchronized void reached() {
    if (away) {
      long seconds = NANOSECONDS.toSeconds(now() - awaySince);
      LOG.log(
          Level.WARNING,
          "ashad is back after " + seconds + " s; calls that wait: " + outbox.size());
      notifyAll();
    }
    away = false;
    failures = 0;
    retryAt = 0;
  }

  /** Notes that the daemon did not answer, or was too busy; gives up when the outage is over. */
  private synchronized void unreached(AshadException error) {
    if (gone) {
      return; // it was us who hung up
    }
    if (!away) {
      away = true;
      awaySince = now();
      awayBecause = error.getMessage();
      String what = "no service from ashad at " + link.address + ", trying on: ";
      LOG.log(Level.WARNING, what + awayBecause);
    }
    failures++;
    retryAt = now() + backoff(failures, error);
    if (outageIsOver() && !outbox.isEmpty()) {
      LOG.log(Level.ERROR, "ashad stayed away too long; calls lost: " + outbox.size());
      outbox.peek().trial.end("OUTAGE");
      outbox.clear();
    }
    notifyAll();
  }

  private synchronized boolean outageIsOver() {
    return away && now() - awaySince >= outageNanos;
  }

  /** How long one try may take: no longer than the caller, or the outage, has left. */
  private synchronized long timeout(long tryNanos, long deadline) {
    long end = away ? Math.min(deadline, awaySince + outageNanos) : deadline;
    return Math.min(tryNanos, Math.max(MILLISECONDS.toNanos(10), end - now()));
  }

  /** Says what went wrong first: later tries only waited in vain. */
  private synchronized AshadException unreachable() {
    String what = "no answer from ashad at " + link.address + " in the time given: ";
    return new AshadException("UNAVAILABLE", "UNREACHABLE", what + awayBecause);
  }

  /** 0.5 s doubling to 20 s, full jitter, on top of what the daemon asked for. */
  private static long backoff(int failures, AshadException error) {
    long doubled = FIRST_BACKOFF_NANOS << Math.min(failures - 1, 10);
    long ceiling = Math.min(LAST_BACKOFF_NANOS, doubled);
    long asked = Math.min(MILLISECONDS.toNanos(error.pushbackMillis()), FOREVER / 2);
    return asked + ThreadLocalRandom.current().nextLong(ceiling + 1);
  }
}
