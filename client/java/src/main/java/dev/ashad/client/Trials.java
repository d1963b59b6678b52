package dev.ashad.client;

import java.lang.System.Logger.Level;
import java.util.Iterator;
import java.util.NoSuchElementException;

/** The loop as an iterator: asking for the next trial ends the last one. */
final class Trials implements Iterator<Trial> {
  private final Client client;
  private final String study;
  private Trial current;
  private Trial next;
  private boolean begun;
  private boolean finished;

  Trials(Client client, String study) {
    this.client = client;
    this.study = study;
  }

  @Override
  public boolean hasNext() {
    if (next == null && !finished) {
      settleCurrent();
      next = ask();
      finished = next == null;
      begun = true;
    }
    return next != null;
  }

  @Override
  public Trial next() {
    if (!hasNext()) {
      throw new NoSuchElementException("study " + study + " is finished");
    }
    current = next;
    next = null;
    return current;
  }

  private void settleCurrent() {
    Trial last = current;
    current = null;
    if (last != null && Thread.currentThread().isInterrupted()) {
      last.release();
    } else if (last != null) {
      last.complete();
    }
  }

  private Trial ask() {
    try {
      return client.next(study, Post.FOREVER);
    } catch (AshadException error) {
      if (!begun || !error.isNotFound()) {
        throw error;
      }
      Post.LOG.log(Level.WARNING, "study " + study + " is no more there");
      return null;
    }
  }
}
