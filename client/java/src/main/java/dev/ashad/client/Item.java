package dev.ashad.client;

import dev.ashad.v1.ReportRequest;
import io.grpc.MethodDescriptor;

/** One call that must reach the daemon, in its place in the order of its attempt. */
final class Item<Q, A> {
  final Trial trial;
  final MethodDescriptor<Q, A> method;
  final Q request;
  volatile boolean answered;

  Item(Trial trial, MethodDescriptor<Q, A> method, Q request) {
    this.trial = trial;
    this.method = method;
    this.request = request;
  }

  A send(Link link, long nanos, boolean wait) {
    return link.call(method, request, nanos, wait);
  }

  boolean isReport() {
    return request instanceof ReportRequest;
  }

  @Override
  public String toString() {
    String what = method.getBareMethodName() + " of " + trial;
    return isReport() ? what + " at " + ((ReportRequest) request).getResource() : what;
  }
}
