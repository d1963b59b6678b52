package dev.ashad.client;

import java.util.OptionalDouble;
import java.util.OptionalInt;

/** The answer to a report. Never an exception: a stop is an answer. */
public final class Decision {
  /** What to do. */
  public enum Action {
    /** Go on training. */
    CONTINUE,
    /** Leave the loop, for good. */
    STOP,
    /** Leave the loop; the checkpoint may be resumed later, perhaps elsewhere. */
    PAUSE
  }

  private final Action action;
  private final dev.ashad.v1.Decision message;

  Decision(dev.ashad.v1.Decision message) {
    this.action = actionOf(message.getAction());
    this.message = message;
  }

  Decision(Action action, String reason) {
    this.action = action;
    this.message = dev.ashad.v1.Decision.newBuilder().setReason(reason).build();
  }

  /** What to do. An action that this client does not know is CONTINUE. */
  public Action action() {
    return action;
  }

  /**
   * Why: a word of the contract (IN_TOP, BELOW_CUTOFF, MAX_RESOURCE, SUPERSEDED, ...), or of this
   * client: UNREACHABLE (the report is queued, go on), OUTAGE (the daemon stayed away too long), or
   * the reason of a refusal.
   */
  public String reason() {
    return message.getReason();
  }

  /** True for STOP and PAUSE: leave the loop and ask for another trial. */
  public boolean shouldStop() {
    return action != Action.CONTINUE;
  }

  /** Bracket of the trial. */
  public int bracket() {
    return message.getBracket();
  }

  /** The rung that was entered and decided; empty where the report entered none. */
  public OptionalInt rung() {
    return message.hasRung() ? OptionalInt.of(message.getRung()) : OptionalInt.empty();
  }

  /** Resource at which that rung compares its trials. */
  public long level() {
    return message.getLevel();
  }

  /** Rank in the rung, 1 = best, at that moment. */
  public long rank() {
    return message.getRank();
  }

  /** Entries in the rung, this one included. */
  public long size() {
    return message.getSize();
  }

  /** How many of them may go on. */
  public long quota() {
    return message.getQuota();
  }

  /** Metric at rank {@code quota}; empty while the quota is 0 or that rank diverged. */
  public OptionalDouble cutoff() {
    return message.hasCutoff() ? OptionalDouble.of(message.getCutoff()) : OptionalDouble.empty();
  }

  /** Next resource at which a decision will be made; 0 after STOP and PAUSE. */
  public long nextResource() {
    return message.getNextResource();
  }

  /** Whether the report came after the level that it entered. */
  public boolean late() {
    return message.getLate();
  }

  /** With SUPERSEDED: the attempt that holds the trial now; else 0. */
  public int currentAttempt() {
    return message.getCurrentAttempt();
  }

  @Override
  public String toString() {
    return action + (reason().isEmpty() ? "" : " " + reason());
  }

  private static Action actionOf(dev.ashad.v1.Action action) {
    switch (action) {
      case ACTION_STOP:
        return Action.STOP;
      case ACTION_PAUSE:
        return Action.PAUSE;
      default: // one added to the contract later must not end a training that an old client runs
        return Action.CONTINUE;
    }
  }
}
