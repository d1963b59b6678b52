package dev.ashad.client;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashad.v1.Assignment;
import java.util.List;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who may send: what is only seen from outside when threads meet in a bad moment. */
class PostTest {
  private static final Logger LOGGER = Logger.getLogger("dev.ashad.client");

  private final Link link =
      new Link(List.of("127.0.0.1:1"), null, null, null, null, false, new Epoch("w"));
  private final Post post = new Post(link, Post.FOREVER);
  private final Trial trial = new Trial(null, Assignment.getDefaultInstance());

  @BeforeEach
  void hush() {
    LOGGER.setUseParentHandlers(false);
  }

  @AfterEach
  void hangUp() {
    link.close();
  }

  @Test
  void oneSenderAtATime() {
    assertTrue(post.enter(trial.completion()));
    assertFalse(post.enter(trial.releasing())); // queues behind it
    assertNull(post.claim());
    assertFalse(post.awaitSilence(0));
  }

  @Test
  void whatWaitsGoesFirst() {
    Item<?, ?> first = trial.completion();
    post.put(first);
    assertFalse(post.enter(trial.releasing()));
    assertSame(first, post.claim());
    assertNull(post.claim());
    post.send(first); // in vain
    assertNull(post.claim()); // not yet again
  }

  @Test
  void whatWasOnItsWayStaysFirst() {
    Item<?, ?> first = trial.completion();
    assertTrue(post.enter(first));
    assertFalse(post.enter(trial.releasing())); // queues behind it
    assertNull(post.deliver(first)); // in vain
    post.close(); // whatever waits may go at once
    assertSame(first, post.claim());
  }

  @Test
  void anInterruptedThreadLeavesItToTheHeartbeatThread() {
    Thread.currentThread().interrupt();
    boolean entered = post.enter(trial.completion());
    Thread.interrupted();
    assertFalse(entered);
    assertTrue(post.claim() != null);
  }
}
