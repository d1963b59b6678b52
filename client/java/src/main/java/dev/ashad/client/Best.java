package dev.ashad.client;

import dev.ashad.v1.BestResult;

/** The best valid report of a study so far. */
public final class Best {
  private final BestResult message;
  private final Params params;

  Best(BestResult message) {
    this.message = message;
    this.params = new Params(message.getParamsList());
  }

  /** Number of the trial. */
  public long trial() {
    return message.getTrial();
  }

  /** Resource at which it was reached. */
  public long resource() {
    return message.getResource();
  }

  /** The metric. */
  public double value() {
    return message.getValue();
  }

  /** The configuration. */
  public Params params() {
    return params;
  }

  /** The seed that each attempt of the trial was given; 0 from a daemon before 0.2. */
  public long seed() {
    return message.getSeed();
  }

  @Override
  public String toString() {
    return "trial " + trial() + " at " + resource() + ": " + value() + " " + params;
  }
}
