package dev.ashad.client;

import io.grpc.MethodDescriptor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A line to each address. One of them is called; where nothing answers there the next is tried,
 * with the same request, and kept to as long as it answers.
 */
final class Link {
  // Of a daemon that another one has taken over from.
  private static final String SUPERSEDED = "DAEMON_SUPERSEDED";

  /** All of them, with commas. */
  final String address;

  /** Shown with each try; learns what stands beside the answer. */
  final Epoch epoch;

  private final List<Line> lines = new ArrayList<>();
  private final AtomicInteger current = new AtomicInteger(); // the line that answered last

  /**
   * Opens channels that connect when they are first used. All paths may be null.
   *
   * @throws AshadException INVALID_ARGUMENT for what cannot be right
   */
  Link(
      List<String> addresses,
      Path ca,
      Path cert,
      Path key,
      Path tokenFile,
      boolean useProxy,
      Epoch epoch) {
    this.epoch = epoch;
    this.address = String.join(",", addresses);
    try {
      for (String one : addresses) {
        lines.add(new Line(one, ca, cert, key, tokenFile, useProxy, epoch));
      }
    } catch (AshadException wrong) {
      close();
      throw wrong;
    }
  }

  /**
   * Makes one try, at one address after the other, all within the time given.
   *
   * @param away whether the daemon did not answer the try before: a single address is then waited
   *     for, while of several another may answer at once
   */
  <Q, A> A call(MethodDescriptor<Q, A> method, Q request, long nanos, boolean away) {
    long end = System.nanoTime() + nanos;
    boolean wait = away && lines.size() == 1;
    int first = current.get();
    for (int step = 0; ; step++) {
      int at = (first + step) % lines.size();
      try {
        return lines.get(at).call(method, request, end - System.nanoTime(), away, wait);
      } catch (AshadException failure) {
        if (!passesOn(failure, at, end) || step + 1 == lines.size()) {
          throw failure;
        }
      }
    }
  }

  /** Leaves an address where nothing answers, and says whether to try the next at once. */
  private boolean passesOn(AshadException failure, int at, long end) {
    boolean mute = failure.code().equals("UNAVAILABLE");
    boolean away = mute || failure.code().equals("DEADLINE_EXCEEDED");
    if (!(away && failure.reason().isEmpty()) && !failure.reason().equals(SUPERSEDED)) {
      return false;
    }
    current.compareAndSet(at, (at + 1) % lines.size());
    return mute && System.nanoTime() < end;
  }

  void close() {
    lines.forEach(Line::close);
  }
}
