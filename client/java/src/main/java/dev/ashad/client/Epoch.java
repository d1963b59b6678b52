package dev.ashad.client;

import static java.util.concurrent.TimeUnit.SECONDS;

import io.grpc.Metadata;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The epoch of the daemon, and what was said lately: for a standby that takes over without it.
 *
 * <p>A daemon that may be taken over names its epoch beside each answer, and is shown the one that
 * this client knows. A standby that took over refuses who shows an earlier one: its file may lack
 * the last moments of the other. So what was answered lately is said again, in its order, before
 * anything else.
 */
final class Epoch {
  // A replica that is further behind than this loses what was said before.
  private static final long REMEMBERED_NANOS = SECONDS.toNanos(600);
  private static final int MOST = 1000;
  private static final Metadata.Key<String> EPOCH = key("ashad-epoch");
  private static final Metadata.Key<String> WORKER = key("ashad-worker");

  private final String worker;
  private final ArrayDeque<Said> said = new ArrayDeque<>();
  private int number; // 0: no daemon has named one

  Epoch(String worker) {
    this.worker = worker;
  }

  /** Puts what this client knows beside a call. */
  synchronized void show(Metadata beside) {
    if (number > 0) {
      beside.put(EPOCH, Integer.toString(number));
      beside.put(WORKER, worker);
    }
  }

  /** Notes the epoch beside an answer; a later one than is known comes with a refusal only. */
  synchronized void hear(Metadata beside) {
    if (number == 0) {
      number = in(beside);
    }
  }

  /** Keeps what was answered, for a while. */
  synchronized void remember(Item<?, ?> item) {
    if (number == 0) {
      return;
    }
    long now = Post.now();
    while (said.size() >= MOST || (!said.isEmpty() && now - said.peek().at > REMEMBERED_NANOS)) {
      said.remove();
    }
    said.add(new Said(now, item));
  }

  /** Goes on in the epoch that a refusal names; returns what is to be said again, in order. */
  synchronized List<Item<?, ?>> change(int later) {
    List<Item<?, ?>> again = new ArrayList<>();
    if (later > number) { // else another call was told as well
      number = later;
      said.forEach(one -> again.add(one.item));
      said.clear();
    }
    return again;
  }

  /** The epoch that a daemon names; 0 for anything else. */
  static int in(Metadata beside) {
    String text = beside.get(EPOCH);
    return text != null && text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : 0;
  }

  private static Metadata.Key<String> key(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  private static final class Said {
    final long at;
    final Item<?, ?> item;

    Said(long at, Item<?, ?> item) {
      this.at = at;
      this.item = item;
    }
  }
}
