package dev.ashad.client;

/**
 * The one error of this client: the daemon refused a call, could not be reached in time, or the
 * client was misused. No type of gRPC is in it, not even as its cause.
 *
 * <p>A study that is finished, a wait, a stop and a superseded trial are answers and throw nothing.
 */
public final class AshadException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final String INTERRUPTED = "INTERRUPTED";

  private final String code;
  private final String reason;
  private final long pushbackMillis; // negative: none
  private final int epoch; // of the daemon that refused; 0 where it names none

  AshadException(String code, String reason, String message) {
    this(code, reason, message, -1, 0);
  }

  AshadException(String code, String reason, String message, long pushbackMillis, int epoch) {
    super((reason.isEmpty() ? code : reason) + ": " + message);
    this.code = code;
    this.reason = reason;
    this.pushbackMillis = pushbackMillis;
    this.epoch = epoch;
  }

  /** Name of the gRPC status, e.g. {@code NOT_FOUND}. */
  public String code() {
    return code;
  }

  /** The stable reason, e.g. {@code STUDY_NOT_FOUND}; empty where none was given. */
  public String reason() {
    return reason;
  }

  /** Whether the outcome is unknown, or the daemon is busy: repeat with the same key. */
  boolean isTransient() {
    switch (code) {
      case "UNAVAILABLE":
      case "DEADLINE_EXCEEDED":
        return true;
      case "CANCELLED": // nobody here cancels: without a reason it is a daemon that is stopping
        return reason.isEmpty();
      case "RESOURCE_EXHAUSTED":
        return pushbackMillis >= 0;
      default:
        return false;
    }
  }

  /**
   * Whether the daemon has not answered: what is queued waits. It waits too where TLS cannot work,
   * since an administrator may renew a certificate meanwhile.
   */
  boolean isUnheard() {
    return isTransient() || reason.startsWith("TLS_");
  }

  boolean isNotFound() {
    return code.equals("NOT_FOUND");
  }

  boolean isInterruption() {
    return reason.equals(INTERRUPTED);
  }

  /** What the daemon asked to be left alone for; 0 where it did not ask. */
  long pushbackMillis() {
    return Math.max(0, pushbackMillis);
  }

  /** Whether a standby took over: this client shows an earlier epoch. */
  boolean isTakeover() {
    return reason.equals("EPOCH_CHANGED");
  }

  int epoch() {
    return epoch;
  }

  /** The reason, or where there is none, the code. */
  String word() {
    return reason.isEmpty() ? code : reason;
  }

  static AshadException invalid(String message) {
    return new AshadException("INVALID_ARGUMENT", "INVALID_ARGUMENT", message);
  }

  static AshadException misuse(String reason, String message) {
    return new AshadException("FAILED_PRECONDITION", reason, message);
  }

  /** For a thread that was interrupted while it waited; the flag stays set. */
  static AshadException interrupted() {
    Thread.currentThread().interrupt();
    return new AshadException("CANCELLED", INTERRUPTED, "this thread was interrupted");
  }
}
