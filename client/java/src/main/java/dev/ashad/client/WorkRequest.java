package dev.ashad.client;

import dev.ashad.v1.Assignment;
import dev.ashad.v1.SchedulerServiceGrpc;
import dev.ashad.v1.SuggestRequest;
import dev.ashad.v1.SuggestResponse;
import io.grpc.MethodDescriptor;
import java.util.UUID;

/**
 * The request for a trial: it keeps its id until the answer is known.
 *
 * <p>Whatever interrupts it, the next one is the same request. With another id the daemon would
 * take it for a worker that was started anew, and the trial that it may have handed out would be
 * one that nobody trains. Used by the one thread that asks.
 */
final class WorkRequest {
  private static final MethodDescriptor<SuggestRequest, SuggestResponse> SUGGEST =
      SchedulerServiceGrpc.getSuggestMethod();
  // After the caller's time, so as not to hang up on an answer: it may be a trial.
  private static final long GRACE_NANOS = Post.SHORT_NANOS;

  private final Post post;
  private final String worker;
  private SuggestRequest unanswered;

  WorkRequest(Post post, String worker) {
    this.post = post;
    this.worker = worker;
  }

  /** Whether the answer to a request for another study is not known. */
  boolean isOfAnother(String study) {
    return unanswered != null && !unanswered.getStudy().equals(study);
  }

  /** Asks once, and again until there is an answer. */
  SuggestResponse ask(String study, long waitNanos, long deadline) {
    if (unanswered == null) {
      unanswered =
          SuggestRequest.newBuilder()
              .setStudy(study)
              .setWorker(worker)
              .setRequestId(UUID.randomUUID().toString())
              .build();
    }
    SuggestRequest.Builder request = unanswered.toBuilder();
    request
        .getMaxWaitBuilder()
        .setSeconds(waitNanos / 1_000_000_000)
        .setNanos((int) (waitNanos % 1_000_000_000));
    try {
      long tryNanos = Post.CALL_NANOS + waitNanos;
      SuggestResponse answer = post.ask(SUGGEST, request.build(), tryNanos, deadline + GRACE_NANOS);
      unanswered = null;
      return answer;
    } catch (AshadException error) {
      forgetRefused(error);
      throw error;
    }
  }

  /** What a request was answered with that nobody waits for any more; null: with no trial. */
  Assignment takeBack(long deadline) {
    try {
      return assignment(ask(unanswered.getStudy(), 0, deadline));
    } catch (AshadException error) {
      if (unanswered != null) {
        throw error;
      }
      return null;
    }
  }

  /** The same while the client is being closed, where nobody waits long for that. */
  Assignment takeBackLast() {
    if (unanswered == null || post.isAway()) {
      return null;
    }
    try {
      SuggestResponse answer = post.link.call(SUGGEST, unanswered, Post.AWAY_NANOS, false);
      unanswered = null;
      return assignment(answer);
    } catch (AshadException error) {
      return null;
    }
  }

  private void forgetRefused(AshadException error) {
    boolean closed = error.reason().equals("CLIENT_CLOSED");
    if (!error.isUnheard() && !error.isInterruption() && !closed) {
      unanswered = null;
    }
  }

  private static Assignment assignment(SuggestResponse answer) {
    return answer.hasAssignment() ? answer.getAssignment() : null;
  }
}
