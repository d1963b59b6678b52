package dev.ashad.client;

/**
 * What an attempt has spent of time, cost or steps, in whole units on top of where the trial stood;
 * of {@link Trial#meter} and {@link Trial#clock}. It only counts. It is for one thread.
 */
public final class Meter {
  private static final double ROUNDING = 1e-9; // of a unit: ten times 0.1 is one

  private final Trial trial;
  private final double unit;
  private final long every;
  private final boolean clock;
  private final long began = System.nanoTime();
  private double spent;

  Meter(Trial trial, double unit, long every, boolean clock) {
    if (!(unit > 0) || Double.isInfinite(unit)) {
      throw AshadException.invalid("unit: a finite number above 0, not " + unit);
    }
    if (every < 1) {
      throw AshadException.invalid("every: a whole number of units, at least 1, not " + every);
    }
    this.trial = trial;
    this.unit = unit;
    this.every = every;
    this.clock = clock;
  }

  /**
   * Counts what was spent, in the caller's measure.
   *
   * @throws AshadException for a number that is negative or not finite, and for a clock, which
   *     counts by itself
   */
  public void add(double amount) {
    if (clock) {
      throw AshadException.invalid(
          "add: a clock counts by itself; trial.meter(...) is what is added to");
    }
    if (!(amount >= 0) || Double.isInfinite(amount)) {
      throw AshadException.invalid("add: a finite number, at least 0, not " + amount);
    }
    spent += amount;
  }

  /**
   * The resource to report now, cumulative over the trial's attempts; never beyond {@link
   * Trial#targetResource}, so that nothing is refused for being a second too long.
   */
  public long resource() {
    double used = clock ? System.nanoTime() - began : spent;
    long whole = (long) Math.floor(used / unit + ROUNDING); // a cast saturates
    long left = trial.targetResource() - trial.startResource();
    return trial.startResource() + Math.min(whole, left);
  }

  /** Whether a report is due: {@code every} units since the last one, or the target is reached. */
  public boolean due() {
    long here = resource();
    long last = trial.position();
    return here >= last + every || (here == trial.targetResource() && here > last);
  }
}
