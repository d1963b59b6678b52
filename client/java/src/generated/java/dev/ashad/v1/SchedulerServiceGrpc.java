package dev.ashad.v1;

import static io.grpc.MethodDescriptor.generateFullMethodName;

/**
 * <pre>
 * What a training process calls.
 * </pre>
 */
@io.grpc.stub.annotations.GrpcGenerated
public final class SchedulerServiceGrpc {

  private SchedulerServiceGrpc() {}

  public static final java.lang.String SERVICE_NAME = "ashad.v1.SchedulerService";

  // Static method descriptors that strictly reflect the proto.
  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.SuggestRequest,
      dev.ashad.v1.SuggestResponse> getSuggestMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Suggest",
      requestType = dev.ashad.v1.SuggestRequest.class,
      responseType = dev.ashad.v1.SuggestResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.SuggestRequest,
      dev.ashad.v1.SuggestResponse> getSuggestMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.SuggestRequest, dev.ashad.v1.SuggestResponse> getSuggestMethod;
    if ((getSuggestMethod = SchedulerServiceGrpc.getSuggestMethod) == null) {
      synchronized (SchedulerServiceGrpc.class) {
        if ((getSuggestMethod = SchedulerServiceGrpc.getSuggestMethod) == null) {
          SchedulerServiceGrpc.getSuggestMethod = getSuggestMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.SuggestRequest, dev.ashad.v1.SuggestResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Suggest"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.SuggestRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.SuggestResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SchedulerServiceMethodDescriptorSupplier("Suggest"))
              .build();
        }
      }
    }
    return getSuggestMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.ReportRequest,
      dev.ashad.v1.ReportResponse> getReportMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Report",
      requestType = dev.ashad.v1.ReportRequest.class,
      responseType = dev.ashad.v1.ReportResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.ReportRequest,
      dev.ashad.v1.ReportResponse> getReportMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.ReportRequest, dev.ashad.v1.ReportResponse> getReportMethod;
    if ((getReportMethod = SchedulerServiceGrpc.getReportMethod) == null) {
      synchronized (SchedulerServiceGrpc.class) {
        if ((getReportMethod = SchedulerServiceGrpc.getReportMethod) == null) {
          SchedulerServiceGrpc.getReportMethod = getReportMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.ReportRequest, dev.ashad.v1.ReportResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Report"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.ReportRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.ReportResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SchedulerServiceMethodDescriptorSupplier("Report"))
              .build();
        }
      }
    }
    return getReportMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.ReportStreamRequest,
      dev.ashad.v1.ReportStreamResponse> getReportStreamMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ReportStream",
      requestType = dev.ashad.v1.ReportStreamRequest.class,
      responseType = dev.ashad.v1.ReportStreamResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.BIDI_STREAMING)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.ReportStreamRequest,
      dev.ashad.v1.ReportStreamResponse> getReportStreamMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.ReportStreamRequest, dev.ashad.v1.ReportStreamResponse> getReportStreamMethod;
    if ((getReportStreamMethod = SchedulerServiceGrpc.getReportStreamMethod) == null) {
      synchronized (SchedulerServiceGrpc.class) {
        if ((getReportStreamMethod = SchedulerServiceGrpc.getReportStreamMethod) == null) {
          SchedulerServiceGrpc.getReportStreamMethod = getReportStreamMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.ReportStreamRequest, dev.ashad.v1.ReportStreamResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.BIDI_STREAMING)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ReportStream"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.ReportStreamRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.ReportStreamResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SchedulerServiceMethodDescriptorSupplier("ReportStream"))
              .build();
        }
      }
    }
    return getReportStreamMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.ShouldStopRequest,
      dev.ashad.v1.ShouldStopResponse> getShouldStopMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ShouldStop",
      requestType = dev.ashad.v1.ShouldStopRequest.class,
      responseType = dev.ashad.v1.ShouldStopResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.ShouldStopRequest,
      dev.ashad.v1.ShouldStopResponse> getShouldStopMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.ShouldStopRequest, dev.ashad.v1.ShouldStopResponse> getShouldStopMethod;
    if ((getShouldStopMethod = SchedulerServiceGrpc.getShouldStopMethod) == null) {
      synchronized (SchedulerServiceGrpc.class) {
        if ((getShouldStopMethod = SchedulerServiceGrpc.getShouldStopMethod) == null) {
          SchedulerServiceGrpc.getShouldStopMethod = getShouldStopMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.ShouldStopRequest, dev.ashad.v1.ShouldStopResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ShouldStop"))
              .setSafe(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.ShouldStopRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.ShouldStopResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SchedulerServiceMethodDescriptorSupplier("ShouldStop"))
              .build();
        }
      }
    }
    return getShouldStopMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.HeartbeatRequest,
      dev.ashad.v1.HeartbeatResponse> getHeartbeatMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Heartbeat",
      requestType = dev.ashad.v1.HeartbeatRequest.class,
      responseType = dev.ashad.v1.HeartbeatResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.HeartbeatRequest,
      dev.ashad.v1.HeartbeatResponse> getHeartbeatMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.HeartbeatRequest, dev.ashad.v1.HeartbeatResponse> getHeartbeatMethod;
    if ((getHeartbeatMethod = SchedulerServiceGrpc.getHeartbeatMethod) == null) {
      synchronized (SchedulerServiceGrpc.class) {
        if ((getHeartbeatMethod = SchedulerServiceGrpc.getHeartbeatMethod) == null) {
          SchedulerServiceGrpc.getHeartbeatMethod = getHeartbeatMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.HeartbeatRequest, dev.ashad.v1.HeartbeatResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Heartbeat"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.HeartbeatRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.HeartbeatResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SchedulerServiceMethodDescriptorSupplier("Heartbeat"))
              .build();
        }
      }
    }
    return getHeartbeatMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.CompleteTrialRequest,
      dev.ashad.v1.CompleteTrialResponse> getCompleteTrialMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "CompleteTrial",
      requestType = dev.ashad.v1.CompleteTrialRequest.class,
      responseType = dev.ashad.v1.CompleteTrialResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.CompleteTrialRequest,
      dev.ashad.v1.CompleteTrialResponse> getCompleteTrialMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.CompleteTrialRequest, dev.ashad.v1.CompleteTrialResponse> getCompleteTrialMethod;
    if ((getCompleteTrialMethod = SchedulerServiceGrpc.getCompleteTrialMethod) == null) {
      synchronized (SchedulerServiceGrpc.class) {
        if ((getCompleteTrialMethod = SchedulerServiceGrpc.getCompleteTrialMethod) == null) {
          SchedulerServiceGrpc.getCompleteTrialMethod = getCompleteTrialMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.CompleteTrialRequest, dev.ashad.v1.CompleteTrialResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "CompleteTrial"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.CompleteTrialRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.CompleteTrialResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SchedulerServiceMethodDescriptorSupplier("CompleteTrial"))
              .build();
        }
      }
    }
    return getCompleteTrialMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.FailTrialRequest,
      dev.ashad.v1.FailTrialResponse> getFailTrialMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "FailTrial",
      requestType = dev.ashad.v1.FailTrialRequest.class,
      responseType = dev.ashad.v1.FailTrialResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.FailTrialRequest,
      dev.ashad.v1.FailTrialResponse> getFailTrialMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.FailTrialRequest, dev.ashad.v1.FailTrialResponse> getFailTrialMethod;
    if ((getFailTrialMethod = SchedulerServiceGrpc.getFailTrialMethod) == null) {
      synchronized (SchedulerServiceGrpc.class) {
        if ((getFailTrialMethod = SchedulerServiceGrpc.getFailTrialMethod) == null) {
          SchedulerServiceGrpc.getFailTrialMethod = getFailTrialMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.FailTrialRequest, dev.ashad.v1.FailTrialResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "FailTrial"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.FailTrialRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.FailTrialResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SchedulerServiceMethodDescriptorSupplier("FailTrial"))
              .build();
        }
      }
    }
    return getFailTrialMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.ReleaseTrialRequest,
      dev.ashad.v1.ReleaseTrialResponse> getReleaseTrialMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ReleaseTrial",
      requestType = dev.ashad.v1.ReleaseTrialRequest.class,
      responseType = dev.ashad.v1.ReleaseTrialResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.ReleaseTrialRequest,
      dev.ashad.v1.ReleaseTrialResponse> getReleaseTrialMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.ReleaseTrialRequest, dev.ashad.v1.ReleaseTrialResponse> getReleaseTrialMethod;
    if ((getReleaseTrialMethod = SchedulerServiceGrpc.getReleaseTrialMethod) == null) {
      synchronized (SchedulerServiceGrpc.class) {
        if ((getReleaseTrialMethod = SchedulerServiceGrpc.getReleaseTrialMethod) == null) {
          SchedulerServiceGrpc.getReleaseTrialMethod = getReleaseTrialMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.ReleaseTrialRequest, dev.ashad.v1.ReleaseTrialResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ReleaseTrial"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.ReleaseTrialRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.ReleaseTrialResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SchedulerServiceMethodDescriptorSupplier("ReleaseTrial"))
              .build();
        }
      }
    }
    return getReleaseTrialMethod;
  }

  /**
   * Creates a new async stub that supports all call types for the service
   */
  public static SchedulerServiceStub newStub(io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<SchedulerServiceStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<SchedulerServiceStub>() {
        @java.lang.Override
        public SchedulerServiceStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new SchedulerServiceStub(channel, callOptions);
        }
      };
    return SchedulerServiceStub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports all types of calls on the service
   */
  public static SchedulerServiceBlockingV2Stub newBlockingV2Stub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<SchedulerServiceBlockingV2Stub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<SchedulerServiceBlockingV2Stub>() {
        @java.lang.Override
        public SchedulerServiceBlockingV2Stub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new SchedulerServiceBlockingV2Stub(channel, callOptions);
        }
      };
    return SchedulerServiceBlockingV2Stub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports unary and streaming output calls on the service
   */
  public static SchedulerServiceBlockingStub newBlockingStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<SchedulerServiceBlockingStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<SchedulerServiceBlockingStub>() {
        @java.lang.Override
        public SchedulerServiceBlockingStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new SchedulerServiceBlockingStub(channel, callOptions);
        }
      };
    return SchedulerServiceBlockingStub.newStub(factory, channel);
  }

  /**
   * Creates a new ListenableFuture-style stub that supports unary calls on the service
   */
  public static SchedulerServiceFutureStub newFutureStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<SchedulerServiceFutureStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<SchedulerServiceFutureStub>() {
        @java.lang.Override
        public SchedulerServiceFutureStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new SchedulerServiceFutureStub(channel, callOptions);
        }
      };
    return SchedulerServiceFutureStub.newStub(factory, channel);
  }

  /**
   * <pre>
   * What a training process calls.
   * </pre>
   */
  public interface AsyncService {

    /**
     * <pre>
     * Leases one trial to one worker, or says that there is none now (wait) or ever (finished).
     * Key: `request_id`.
     * </pre>
     */
    default void suggest(dev.ashad.v1.SuggestRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.SuggestResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getSuggestMethod(), responseObserver);
    }

    /**
     * <pre>
     * One metric in, the decision out. Renews the lease. Key: (trial, attempt, resource).
     * </pre>
     */
    default void report(dev.ashad.v1.ReportRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.ReportResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getReportMethod(), responseObserver);
    }

    /**
     * <pre>
     * Many reports on one stream, answered in the order they were sent. What refuses a message as a whole
     * ends the stream; repeat what was not answered, on a new one. Key of each report: as of Report.
     * </pre>
     */
    default io.grpc.stub.StreamObserver<dev.ashad.v1.ReportStreamRequest> reportStream(
        io.grpc.stub.StreamObserver<dev.ashad.v1.ReportStreamResponse> responseObserver) {
      return io.grpc.stub.ServerCalls.asyncUnimplementedStreamingCall(getReportStreamMethod(), responseObserver);
    }

    /**
     * <pre>
     * The stored decision of a trial. A pure read: safe from every process of a distributed job.
     * </pre>
     */
    default void shouldStop(dev.ashad.v1.ShouldStopRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.ShouldStopResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getShouldStopMethod(), responseObserver);
    }

    /**
     * <pre>
     * Renews the lease and carries the stored decision.
     * </pre>
     */
    default void heartbeat(dev.ashad.v1.HeartbeatRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.HeartbeatResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getHeartbeatMethod(), responseObserver);
    }

    /**
     * <pre>
     * The training ended by itself; what was reported last is its result. Key: (trial, attempt).
     * </pre>
     */
    default void completeTrial(dev.ashad.v1.CompleteTrialRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.CompleteTrialResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getCompleteTrialMethod(), responseObserver);
    }

    /**
     * <pre>
     * The training failed, or its configuration cannot work at all. Key: (trial, attempt).
     * </pre>
     */
    default void failTrial(dev.ashad.v1.FailTrialRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.FailTrialResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getFailTrialMethod(), responseObserver);
    }

    /**
     * <pre>
     * The worker gives the trial back (pre-empted): it is queued again and nothing counts as a failure.
     * Key: (trial, attempt).
     * </pre>
     */
    default void releaseTrial(dev.ashad.v1.ReleaseTrialRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.ReleaseTrialResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getReleaseTrialMethod(), responseObserver);
    }
  }

  /**
   * Base class for the server implementation of the service SchedulerService.
   * <pre>
   * What a training process calls.
   * </pre>
   */
  public static abstract class SchedulerServiceImplBase
      implements io.grpc.BindableService, AsyncService {

    @java.lang.Override public final io.grpc.ServerServiceDefinition bindService() {
      return SchedulerServiceGrpc.bindService(this);
    }
  }

  /**
   * A stub to allow clients to do asynchronous rpc calls to service SchedulerService.
   * <pre>
   * What a training process calls.
   * </pre>
   */
  public static final class SchedulerServiceStub
      extends io.grpc.stub.AbstractAsyncStub<SchedulerServiceStub> {
    private SchedulerServiceStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected SchedulerServiceStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new SchedulerServiceStub(channel, callOptions);
    }

    /**
     * <pre>
     * Leases one trial to one worker, or says that there is none now (wait) or ever (finished).
     * Key: `request_id`.
     * </pre>
     */
    public void suggest(dev.ashad.v1.SuggestRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.SuggestResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getSuggestMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * One metric in, the decision out. Renews the lease. Key: (trial, attempt, resource).
     * </pre>
     */
    public void report(dev.ashad.v1.ReportRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.ReportResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getReportMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Many reports on one stream, answered in the order they were sent. What refuses a message as a whole
     * ends the stream; repeat what was not answered, on a new one. Key of each report: as of Report.
     * </pre>
     */
    public io.grpc.stub.StreamObserver<dev.ashad.v1.ReportStreamRequest> reportStream(
        io.grpc.stub.StreamObserver<dev.ashad.v1.ReportStreamResponse> responseObserver) {
      return io.grpc.stub.ClientCalls.asyncBidiStreamingCall(
          getChannel().newCall(getReportStreamMethod(), getCallOptions()), responseObserver);
    }

    /**
     * <pre>
     * The stored decision of a trial. A pure read: safe from every process of a distributed job.
     * </pre>
     */
    public void shouldStop(dev.ashad.v1.ShouldStopRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.ShouldStopResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getShouldStopMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Renews the lease and carries the stored decision.
     * </pre>
     */
    public void heartbeat(dev.ashad.v1.HeartbeatRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.HeartbeatResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getHeartbeatMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * The training ended by itself; what was reported last is its result. Key: (trial, attempt).
     * </pre>
     */
    public void completeTrial(dev.ashad.v1.CompleteTrialRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.CompleteTrialResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getCompleteTrialMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * The training failed, or its configuration cannot work at all. Key: (trial, attempt).
     * </pre>
     */
    public void failTrial(dev.ashad.v1.FailTrialRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.FailTrialResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getFailTrialMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * The worker gives the trial back (pre-empted): it is queued again and nothing counts as a failure.
     * Key: (trial, attempt).
     * </pre>
     */
    public void releaseTrial(dev.ashad.v1.ReleaseTrialRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.ReleaseTrialResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getReleaseTrialMethod(), getCallOptions()), request, responseObserver);
    }
  }

  /**
   * A stub to allow clients to do synchronous rpc calls to service SchedulerService.
   * <pre>
   * What a training process calls.
   * </pre>
   */
  public static final class SchedulerServiceBlockingV2Stub
      extends io.grpc.stub.AbstractBlockingStub<SchedulerServiceBlockingV2Stub> {
    private SchedulerServiceBlockingV2Stub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected SchedulerServiceBlockingV2Stub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new SchedulerServiceBlockingV2Stub(channel, callOptions);
    }

    /**
     * <pre>
     * Leases one trial to one worker, or says that there is none now (wait) or ever (finished).
     * Key: `request_id`.
     * </pre>
     */
    public dev.ashad.v1.SuggestResponse suggest(dev.ashad.v1.SuggestRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getSuggestMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * One metric in, the decision out. Renews the lease. Key: (trial, attempt, resource).
     * </pre>
     */
    public dev.ashad.v1.ReportResponse report(dev.ashad.v1.ReportRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getReportMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Many reports on one stream, answered in the order they were sent. What refuses a message as a whole
     * ends the stream; repeat what was not answered, on a new one. Key of each report: as of Report.
     * </pre>
     */
    @io.grpc.ExperimentalApi("https://github.com/grpc/grpc-java/issues/10918")
    public io.grpc.stub.BlockingClientCall<dev.ashad.v1.ReportStreamRequest, dev.ashad.v1.ReportStreamResponse>
        reportStream() {
      return io.grpc.stub.ClientCalls.blockingBidiStreamingCall(
          getChannel(), getReportStreamMethod(), getCallOptions());
    }

    /**
     * <pre>
     * The stored decision of a trial. A pure read: safe from every process of a distributed job.
     * </pre>
     */
    public dev.ashad.v1.ShouldStopResponse shouldStop(dev.ashad.v1.ShouldStopRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getShouldStopMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Renews the lease and carries the stored decision.
     * </pre>
     */
    public dev.ashad.v1.HeartbeatResponse heartbeat(dev.ashad.v1.HeartbeatRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getHeartbeatMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * The training ended by itself; what was reported last is its result. Key: (trial, attempt).
     * </pre>
     */
    public dev.ashad.v1.CompleteTrialResponse completeTrial(dev.ashad.v1.CompleteTrialRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getCompleteTrialMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * The training failed, or its configuration cannot work at all. Key: (trial, attempt).
     * </pre>
     */
    public dev.ashad.v1.FailTrialResponse failTrial(dev.ashad.v1.FailTrialRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getFailTrialMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * The worker gives the trial back (pre-empted): it is queued again and nothing counts as a failure.
     * Key: (trial, attempt).
     * </pre>
     */
    public dev.ashad.v1.ReleaseTrialResponse releaseTrial(dev.ashad.v1.ReleaseTrialRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getReleaseTrialMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do limited synchronous rpc calls to service SchedulerService.
   * <pre>
   * What a training process calls.
   * </pre>
   */
  public static final class SchedulerServiceBlockingStub
      extends io.grpc.stub.AbstractBlockingStub<SchedulerServiceBlockingStub> {
    private SchedulerServiceBlockingStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected SchedulerServiceBlockingStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new SchedulerServiceBlockingStub(channel, callOptions);
    }

    /**
     * <pre>
     * Leases one trial to one worker, or says that there is none now (wait) or ever (finished).
     * Key: `request_id`.
     * </pre>
     */
    public dev.ashad.v1.SuggestResponse suggest(dev.ashad.v1.SuggestRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getSuggestMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * One metric in, the decision out. Renews the lease. Key: (trial, attempt, resource).
     * </pre>
     */
    public dev.ashad.v1.ReportResponse report(dev.ashad.v1.ReportRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getReportMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * The stored decision of a trial. A pure read: safe from every process of a distributed job.
     * </pre>
     */
    public dev.ashad.v1.ShouldStopResponse shouldStop(dev.ashad.v1.ShouldStopRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getShouldStopMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Renews the lease and carries the stored decision.
     * </pre>
     */
    public dev.ashad.v1.HeartbeatResponse heartbeat(dev.ashad.v1.HeartbeatRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getHeartbeatMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * The training ended by itself; what was reported last is its result. Key: (trial, attempt).
     * </pre>
     */
    public dev.ashad.v1.CompleteTrialResponse completeTrial(dev.ashad.v1.CompleteTrialRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getCompleteTrialMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * The training failed, or its configuration cannot work at all. Key: (trial, attempt).
     * </pre>
     */
    public dev.ashad.v1.FailTrialResponse failTrial(dev.ashad.v1.FailTrialRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getFailTrialMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * The worker gives the trial back (pre-empted): it is queued again and nothing counts as a failure.
     * Key: (trial, attempt).
     * </pre>
     */
    public dev.ashad.v1.ReleaseTrialResponse releaseTrial(dev.ashad.v1.ReleaseTrialRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getReleaseTrialMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do ListenableFuture-style rpc calls to service SchedulerService.
   * <pre>
   * What a training process calls.
   * </pre>
   */
  public static final class SchedulerServiceFutureStub
      extends io.grpc.stub.AbstractFutureStub<SchedulerServiceFutureStub> {
    private SchedulerServiceFutureStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected SchedulerServiceFutureStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new SchedulerServiceFutureStub(channel, callOptions);
    }

    /**
     * <pre>
     * Leases one trial to one worker, or says that there is none now (wait) or ever (finished).
     * Key: `request_id`.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.SuggestResponse> suggest(
        dev.ashad.v1.SuggestRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getSuggestMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * One metric in, the decision out. Renews the lease. Key: (trial, attempt, resource).
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.ReportResponse> report(
        dev.ashad.v1.ReportRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getReportMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * The stored decision of a trial. A pure read: safe from every process of a distributed job.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.ShouldStopResponse> shouldStop(
        dev.ashad.v1.ShouldStopRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getShouldStopMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Renews the lease and carries the stored decision.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.HeartbeatResponse> heartbeat(
        dev.ashad.v1.HeartbeatRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getHeartbeatMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * The training ended by itself; what was reported last is its result. Key: (trial, attempt).
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.CompleteTrialResponse> completeTrial(
        dev.ashad.v1.CompleteTrialRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getCompleteTrialMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * The training failed, or its configuration cannot work at all. Key: (trial, attempt).
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.FailTrialResponse> failTrial(
        dev.ashad.v1.FailTrialRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getFailTrialMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * The worker gives the trial back (pre-empted): it is queued again and nothing counts as a failure.
     * Key: (trial, attempt).
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.ReleaseTrialResponse> releaseTrial(
        dev.ashad.v1.ReleaseTrialRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getReleaseTrialMethod(), getCallOptions()), request);
    }
  }

  private static final int METHODID_SUGGEST = 0;
  private static final int METHODID_REPORT = 1;
  private static final int METHODID_SHOULD_STOP = 2;
  private static final int METHODID_HEARTBEAT = 3;
  private static final int METHODID_COMPLETE_TRIAL = 4;
  private static final int METHODID_FAIL_TRIAL = 5;
  private static final int METHODID_RELEASE_TRIAL = 6;
  private static final int METHODID_REPORT_STREAM = 7;

  private static final class MethodHandlers<Req, Resp> implements
      io.grpc.stub.ServerCalls.UnaryMethod<Req, Resp>,
      io.grpc.stub.ServerCalls.ServerStreamingMethod<Req, Resp>,
      io.grpc.stub.ServerCalls.ClientStreamingMethod<Req, Resp>,
      io.grpc.stub.ServerCalls.BidiStreamingMethod<Req, Resp> {
    private final AsyncService serviceImpl;
    private final int methodId;

    MethodHandlers(AsyncService serviceImpl, int methodId) {
      this.serviceImpl = serviceImpl;
      this.methodId = methodId;
    }

    @java.lang.Override
    @java.lang.SuppressWarnings("unchecked")
    public void invoke(Req request, io.grpc.stub.StreamObserver<Resp> responseObserver) {
      switch (methodId) {
        case METHODID_SUGGEST:
          serviceImpl.suggest((dev.ashad.v1.SuggestRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.SuggestResponse>) responseObserver);
          break;
        case METHODID_REPORT:
          serviceImpl.report((dev.ashad.v1.ReportRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.ReportResponse>) responseObserver);
          break;
        case METHODID_SHOULD_STOP:
          serviceImpl.shouldStop((dev.ashad.v1.ShouldStopRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.ShouldStopResponse>) responseObserver);
          break;
        case METHODID_HEARTBEAT:
          serviceImpl.heartbeat((dev.ashad.v1.HeartbeatRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.HeartbeatResponse>) responseObserver);
          break;
        case METHODID_COMPLETE_TRIAL:
          serviceImpl.completeTrial((dev.ashad.v1.CompleteTrialRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.CompleteTrialResponse>) responseObserver);
          break;
        case METHODID_FAIL_TRIAL:
          serviceImpl.failTrial((dev.ashad.v1.FailTrialRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.FailTrialResponse>) responseObserver);
          break;
        case METHODID_RELEASE_TRIAL:
          serviceImpl.releaseTrial((dev.ashad.v1.ReleaseTrialRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.ReleaseTrialResponse>) responseObserver);
          break;
        default:
          throw new AssertionError();
      }
    }

    @java.lang.Override
    @java.lang.SuppressWarnings("unchecked")
    public io.grpc.stub.StreamObserver<Req> invoke(
        io.grpc.stub.StreamObserver<Resp> responseObserver) {
      switch (methodId) {
        case METHODID_REPORT_STREAM:
          return (io.grpc.stub.StreamObserver<Req>) serviceImpl.reportStream(
              (io.grpc.stub.StreamObserver<dev.ashad.v1.ReportStreamResponse>) responseObserver);
        default:
          throw new AssertionError();
      }
    }
  }

  public static final io.grpc.ServerServiceDefinition bindService(AsyncService service) {
    return io.grpc.ServerServiceDefinition.builder(getServiceDescriptor())
        .addMethod(
          getSuggestMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.SuggestRequest,
              dev.ashad.v1.SuggestResponse>(
                service, METHODID_SUGGEST)))
        .addMethod(
          getReportMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.ReportRequest,
              dev.ashad.v1.ReportResponse>(
                service, METHODID_REPORT)))
        .addMethod(
          getReportStreamMethod(),
          io.grpc.stub.ServerCalls.asyncBidiStreamingCall(
            new MethodHandlers<
              dev.ashad.v1.ReportStreamRequest,
              dev.ashad.v1.ReportStreamResponse>(
                service, METHODID_REPORT_STREAM)))
        .addMethod(
          getShouldStopMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.ShouldStopRequest,
              dev.ashad.v1.ShouldStopResponse>(
                service, METHODID_SHOULD_STOP)))
        .addMethod(
          getHeartbeatMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.HeartbeatRequest,
              dev.ashad.v1.HeartbeatResponse>(
                service, METHODID_HEARTBEAT)))
        .addMethod(
          getCompleteTrialMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.CompleteTrialRequest,
              dev.ashad.v1.CompleteTrialResponse>(
                service, METHODID_COMPLETE_TRIAL)))
        .addMethod(
          getFailTrialMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.FailTrialRequest,
              dev.ashad.v1.FailTrialResponse>(
                service, METHODID_FAIL_TRIAL)))
        .addMethod(
          getReleaseTrialMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.ReleaseTrialRequest,
              dev.ashad.v1.ReleaseTrialResponse>(
                service, METHODID_RELEASE_TRIAL)))
        .build();
  }

  private static abstract class SchedulerServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoFileDescriptorSupplier, io.grpc.protobuf.ProtoServiceDescriptorSupplier {
    SchedulerServiceBaseDescriptorSupplier() {}

    @java.lang.Override
    public com.google.protobuf.Descriptors.FileDescriptor getFileDescriptor() {
      return dev.ashad.v1.Ashad.getDescriptor();
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.ServiceDescriptor getServiceDescriptor() {
      return getFileDescriptor().findServiceByName("SchedulerService");
    }
  }

  private static final class SchedulerServiceFileDescriptorSupplier
      extends SchedulerServiceBaseDescriptorSupplier {
    SchedulerServiceFileDescriptorSupplier() {}
  }

  private static final class SchedulerServiceMethodDescriptorSupplier
      extends SchedulerServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoMethodDescriptorSupplier {
    private final java.lang.String methodName;

    SchedulerServiceMethodDescriptorSupplier(java.lang.String methodName) {
      this.methodName = methodName;
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.MethodDescriptor getMethodDescriptor() {
      return getServiceDescriptor().findMethodByName(methodName);
    }
  }

  private static volatile io.grpc.ServiceDescriptor serviceDescriptor;

  public static io.grpc.ServiceDescriptor getServiceDescriptor() {
    io.grpc.ServiceDescriptor result = serviceDescriptor;
    if (result == null) {
      synchronized (SchedulerServiceGrpc.class) {
        result = serviceDescriptor;
        if (result == null) {
          serviceDescriptor = result = io.grpc.ServiceDescriptor.newBuilder(SERVICE_NAME)
              .setSchemaDescriptor(new SchedulerServiceFileDescriptorSupplier())
              .addMethod(getSuggestMethod())
              .addMethod(getReportMethod())
              .addMethod(getReportStreamMethod())
              .addMethod(getShouldStopMethod())
              .addMethod(getHeartbeatMethod())
              .addMethod(getCompleteTrialMethod())
              .addMethod(getFailTrialMethod())
              .addMethod(getReleaseTrialMethod())
              .build();
        }
      }
    }
    return result;
  }
}
