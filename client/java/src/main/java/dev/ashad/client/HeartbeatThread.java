package dev.ashad.client;

import dev.ashad.v1.HeartbeatResponse;
import dev.ashad.v1.SchedulerServiceGrpc;
import java.lang.System.Logger.Level;

/**
 * The trial that a client holds, and the thread that keeps it: heartbeats, and what waits in the
 * outbox. It survives everything that is thrown and ends with the client.
 */
final class HeartbeatThread {
  private final Post post;
  private final Thread thread = new Thread(this::run, "ashad-heartbeat");
  // Guarded by the monitor of the post.
  private Trial held;
  private long beatAt;

  HeartbeatThread(Post post) {
    this.post = post;
    thread.setDaemon(true);
  }

  /** Starts the thread, once. */
  void start() {
    synchronized (post) {
      if (thread.getState() == Thread.State.NEW) {
        thread.start();
      }
    }
  }

  Trial held() {
    synchronized (post) {
      return held;
    }
  }

  void hold(Trial trial) {
    synchronized (post) {
      held = trial;
      beatAt = Post.now() + trial.heartbeatNanos();
      post.notifyAll();
    }
  }

  void drop(Trial trial) {
    synchronized (post) {
      held = held == trial ? null : held;
      post.notifyAll();
    }
  }

  private void run() {
    while (!post.isGone()) {
      try {
        Thread.interrupted();
        step();
      } catch (InterruptedException stranger) { // nobody has a reason to interrupt this thread
        Post.LOG.log(Level.DEBUG, "the heartbeat thread was interrupted, and goes on");
      } catch (Throwable error) { // OutOfMemoryError, StackOverflowError, whatever: it goes on
        stumble(error);
      }
    }
  }

  private void stumble(Throwable error) {
    try {
      Thread.sleep(1000);
      Post.LOG.log(Level.ERROR, "the heartbeat thread failed, and goes on", error);
    } catch (Throwable again) {
      return; // not even memory for a line in the log
    }
  }

  private void step() throws InterruptedException {
    Trial beating = null;
    Item<?, ?> item;
    synchronized (post) {
      item = post.claim();
      boolean alive = held != null && !held.over();
      if (item == null && alive && Post.now() >= beatAt) {
        beating = held;
        beatAt = Post.now() + held.heartbeatNanos();
      } else if (item == null) {
        post.awaitWork(alive ? beatAt : Post.FOREVER);
      }
    }
    if (item != null) {
      post.send(item);
    } else if (beating != null) {
      beat(beating);
    }
  }

  /** Gives a sign of life behind what is said again. */
  private void beatBehind() {
    synchronized (post) {
      beatAt = Post.now();
    }
  }

  private void beat(Trial trial) {
    HeartbeatResponse answer;
    try {
      answer =
          post.link.call(
              SchedulerServiceGrpc.getHeartbeatMethod(),
              trial.heartbeat(),
              Post.SHORT_NANOS,
              false);
    } catch (AshadException error) {
      if (post.takenOver(error)) {
        beatBehind();
        return;
      }
      post.heard(error);
      if (!error.isUnheard()) {
        Post.LOG.log(
            Level.WARNING, "heartbeat of " + trial + " was refused: " + error.getMessage());
      }
      if (error.isNotFound() && !trial.over()) {
        post.end(trial, error);
      }
      return;
    }
    post.reached();
    synchronized (post) {
      if (!trial.over() && trial.hear(answer.getDecision())) {
        post.over(trial);
      }
    }
  }
}
