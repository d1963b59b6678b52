package dev.ashad.v1;

import static io.grpc.MethodDescriptor.generateFullMethodName;

/**
 * <pre>
 * What people and tools call.
 * </pre>
 */
@io.grpc.stub.annotations.GrpcGenerated
public final class StudyServiceGrpc {

  private StudyServiceGrpc() {}

  public static final java.lang.String SERVICE_NAME = "ashad.v1.StudyService";

  // Static method descriptors that strictly reflect the proto.
  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.CreateStudyRequest,
      dev.ashad.v1.CreateStudyResponse> getCreateStudyMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "CreateStudy",
      requestType = dev.ashad.v1.CreateStudyRequest.class,
      responseType = dev.ashad.v1.CreateStudyResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.CreateStudyRequest,
      dev.ashad.v1.CreateStudyResponse> getCreateStudyMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.CreateStudyRequest, dev.ashad.v1.CreateStudyResponse> getCreateStudyMethod;
    if ((getCreateStudyMethod = StudyServiceGrpc.getCreateStudyMethod) == null) {
      synchronized (StudyServiceGrpc.class) {
        if ((getCreateStudyMethod = StudyServiceGrpc.getCreateStudyMethod) == null) {
          StudyServiceGrpc.getCreateStudyMethod = getCreateStudyMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.CreateStudyRequest, dev.ashad.v1.CreateStudyResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "CreateStudy"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.CreateStudyRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.CreateStudyResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StudyServiceMethodDescriptorSupplier("CreateStudy"))
              .build();
        }
      }
    }
    return getCreateStudyMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.GetStudyRequest,
      dev.ashad.v1.GetStudyResponse> getGetStudyMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "GetStudy",
      requestType = dev.ashad.v1.GetStudyRequest.class,
      responseType = dev.ashad.v1.GetStudyResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.GetStudyRequest,
      dev.ashad.v1.GetStudyResponse> getGetStudyMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.GetStudyRequest, dev.ashad.v1.GetStudyResponse> getGetStudyMethod;
    if ((getGetStudyMethod = StudyServiceGrpc.getGetStudyMethod) == null) {
      synchronized (StudyServiceGrpc.class) {
        if ((getGetStudyMethod = StudyServiceGrpc.getGetStudyMethod) == null) {
          StudyServiceGrpc.getGetStudyMethod = getGetStudyMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.GetStudyRequest, dev.ashad.v1.GetStudyResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "GetStudy"))
              .setSafe(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.GetStudyRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.GetStudyResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StudyServiceMethodDescriptorSupplier("GetStudy"))
              .build();
        }
      }
    }
    return getGetStudyMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.ListStudiesRequest,
      dev.ashad.v1.ListStudiesResponse> getListStudiesMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ListStudies",
      requestType = dev.ashad.v1.ListStudiesRequest.class,
      responseType = dev.ashad.v1.ListStudiesResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.ListStudiesRequest,
      dev.ashad.v1.ListStudiesResponse> getListStudiesMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.ListStudiesRequest, dev.ashad.v1.ListStudiesResponse> getListStudiesMethod;
    if ((getListStudiesMethod = StudyServiceGrpc.getListStudiesMethod) == null) {
      synchronized (StudyServiceGrpc.class) {
        if ((getListStudiesMethod = StudyServiceGrpc.getListStudiesMethod) == null) {
          StudyServiceGrpc.getListStudiesMethod = getListStudiesMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.ListStudiesRequest, dev.ashad.v1.ListStudiesResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ListStudies"))
              .setSafe(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.ListStudiesRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.ListStudiesResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StudyServiceMethodDescriptorSupplier("ListStudies"))
              .build();
        }
      }
    }
    return getListStudiesMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.ListQuotasRequest,
      dev.ashad.v1.ListQuotasResponse> getListQuotasMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ListQuotas",
      requestType = dev.ashad.v1.ListQuotasRequest.class,
      responseType = dev.ashad.v1.ListQuotasResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.ListQuotasRequest,
      dev.ashad.v1.ListQuotasResponse> getListQuotasMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.ListQuotasRequest, dev.ashad.v1.ListQuotasResponse> getListQuotasMethod;
    if ((getListQuotasMethod = StudyServiceGrpc.getListQuotasMethod) == null) {
      synchronized (StudyServiceGrpc.class) {
        if ((getListQuotasMethod = StudyServiceGrpc.getListQuotasMethod) == null) {
          StudyServiceGrpc.getListQuotasMethod = getListQuotasMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.ListQuotasRequest, dev.ashad.v1.ListQuotasResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ListQuotas"))
              .setSafe(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.ListQuotasRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.ListQuotasResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StudyServiceMethodDescriptorSupplier("ListQuotas"))
              .build();
        }
      }
    }
    return getListQuotasMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.UpdateStudyRequest,
      dev.ashad.v1.UpdateStudyResponse> getUpdateStudyMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "UpdateStudy",
      requestType = dev.ashad.v1.UpdateStudyRequest.class,
      responseType = dev.ashad.v1.UpdateStudyResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.UpdateStudyRequest,
      dev.ashad.v1.UpdateStudyResponse> getUpdateStudyMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.UpdateStudyRequest, dev.ashad.v1.UpdateStudyResponse> getUpdateStudyMethod;
    if ((getUpdateStudyMethod = StudyServiceGrpc.getUpdateStudyMethod) == null) {
      synchronized (StudyServiceGrpc.class) {
        if ((getUpdateStudyMethod = StudyServiceGrpc.getUpdateStudyMethod) == null) {
          StudyServiceGrpc.getUpdateStudyMethod = getUpdateStudyMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.UpdateStudyRequest, dev.ashad.v1.UpdateStudyResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "UpdateStudy"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.UpdateStudyRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.UpdateStudyResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StudyServiceMethodDescriptorSupplier("UpdateStudy"))
              .build();
        }
      }
    }
    return getUpdateStudyMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.ChangeSpaceRequest,
      dev.ashad.v1.ChangeSpaceResponse> getChangeSpaceMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ChangeSpace",
      requestType = dev.ashad.v1.ChangeSpaceRequest.class,
      responseType = dev.ashad.v1.ChangeSpaceResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.ChangeSpaceRequest,
      dev.ashad.v1.ChangeSpaceResponse> getChangeSpaceMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.ChangeSpaceRequest, dev.ashad.v1.ChangeSpaceResponse> getChangeSpaceMethod;
    if ((getChangeSpaceMethod = StudyServiceGrpc.getChangeSpaceMethod) == null) {
      synchronized (StudyServiceGrpc.class) {
        if ((getChangeSpaceMethod = StudyServiceGrpc.getChangeSpaceMethod) == null) {
          StudyServiceGrpc.getChangeSpaceMethod = getChangeSpaceMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.ChangeSpaceRequest, dev.ashad.v1.ChangeSpaceResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ChangeSpace"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.ChangeSpaceRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.ChangeSpaceResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StudyServiceMethodDescriptorSupplier("ChangeSpace"))
              .build();
        }
      }
    }
    return getChangeSpaceMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.PauseStudyRequest,
      dev.ashad.v1.PauseStudyResponse> getPauseStudyMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "PauseStudy",
      requestType = dev.ashad.v1.PauseStudyRequest.class,
      responseType = dev.ashad.v1.PauseStudyResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.PauseStudyRequest,
      dev.ashad.v1.PauseStudyResponse> getPauseStudyMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.PauseStudyRequest, dev.ashad.v1.PauseStudyResponse> getPauseStudyMethod;
    if ((getPauseStudyMethod = StudyServiceGrpc.getPauseStudyMethod) == null) {
      synchronized (StudyServiceGrpc.class) {
        if ((getPauseStudyMethod = StudyServiceGrpc.getPauseStudyMethod) == null) {
          StudyServiceGrpc.getPauseStudyMethod = getPauseStudyMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.PauseStudyRequest, dev.ashad.v1.PauseStudyResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "PauseStudy"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.PauseStudyRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.PauseStudyResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StudyServiceMethodDescriptorSupplier("PauseStudy"))
              .build();
        }
      }
    }
    return getPauseStudyMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.ResumeStudyRequest,
      dev.ashad.v1.ResumeStudyResponse> getResumeStudyMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ResumeStudy",
      requestType = dev.ashad.v1.ResumeStudyRequest.class,
      responseType = dev.ashad.v1.ResumeStudyResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.ResumeStudyRequest,
      dev.ashad.v1.ResumeStudyResponse> getResumeStudyMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.ResumeStudyRequest, dev.ashad.v1.ResumeStudyResponse> getResumeStudyMethod;
    if ((getResumeStudyMethod = StudyServiceGrpc.getResumeStudyMethod) == null) {
      synchronized (StudyServiceGrpc.class) {
        if ((getResumeStudyMethod = StudyServiceGrpc.getResumeStudyMethod) == null) {
          StudyServiceGrpc.getResumeStudyMethod = getResumeStudyMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.ResumeStudyRequest, dev.ashad.v1.ResumeStudyResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ResumeStudy"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.ResumeStudyRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.ResumeStudyResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StudyServiceMethodDescriptorSupplier("ResumeStudy"))
              .build();
        }
      }
    }
    return getResumeStudyMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.StopStudyRequest,
      dev.ashad.v1.StopStudyResponse> getStopStudyMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "StopStudy",
      requestType = dev.ashad.v1.StopStudyRequest.class,
      responseType = dev.ashad.v1.StopStudyResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.StopStudyRequest,
      dev.ashad.v1.StopStudyResponse> getStopStudyMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.StopStudyRequest, dev.ashad.v1.StopStudyResponse> getStopStudyMethod;
    if ((getStopStudyMethod = StudyServiceGrpc.getStopStudyMethod) == null) {
      synchronized (StudyServiceGrpc.class) {
        if ((getStopStudyMethod = StudyServiceGrpc.getStopStudyMethod) == null) {
          StudyServiceGrpc.getStopStudyMethod = getStopStudyMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.StopStudyRequest, dev.ashad.v1.StopStudyResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "StopStudy"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.StopStudyRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.StopStudyResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StudyServiceMethodDescriptorSupplier("StopStudy"))
              .build();
        }
      }
    }
    return getStopStudyMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.DeleteStudyRequest,
      dev.ashad.v1.DeleteStudyResponse> getDeleteStudyMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "DeleteStudy",
      requestType = dev.ashad.v1.DeleteStudyRequest.class,
      responseType = dev.ashad.v1.DeleteStudyResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.DeleteStudyRequest,
      dev.ashad.v1.DeleteStudyResponse> getDeleteStudyMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.DeleteStudyRequest, dev.ashad.v1.DeleteStudyResponse> getDeleteStudyMethod;
    if ((getDeleteStudyMethod = StudyServiceGrpc.getDeleteStudyMethod) == null) {
      synchronized (StudyServiceGrpc.class) {
        if ((getDeleteStudyMethod = StudyServiceGrpc.getDeleteStudyMethod) == null) {
          StudyServiceGrpc.getDeleteStudyMethod = getDeleteStudyMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.DeleteStudyRequest, dev.ashad.v1.DeleteStudyResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "DeleteStudy"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.DeleteStudyRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.DeleteStudyResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StudyServiceMethodDescriptorSupplier("DeleteStudy"))
              .build();
        }
      }
    }
    return getDeleteStudyMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.EnqueueTrialRequest,
      dev.ashad.v1.EnqueueTrialResponse> getEnqueueTrialMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "EnqueueTrial",
      requestType = dev.ashad.v1.EnqueueTrialRequest.class,
      responseType = dev.ashad.v1.EnqueueTrialResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.EnqueueTrialRequest,
      dev.ashad.v1.EnqueueTrialResponse> getEnqueueTrialMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.EnqueueTrialRequest, dev.ashad.v1.EnqueueTrialResponse> getEnqueueTrialMethod;
    if ((getEnqueueTrialMethod = StudyServiceGrpc.getEnqueueTrialMethod) == null) {
      synchronized (StudyServiceGrpc.class) {
        if ((getEnqueueTrialMethod = StudyServiceGrpc.getEnqueueTrialMethod) == null) {
          StudyServiceGrpc.getEnqueueTrialMethod = getEnqueueTrialMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.EnqueueTrialRequest, dev.ashad.v1.EnqueueTrialResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "EnqueueTrial"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.EnqueueTrialRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.EnqueueTrialResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StudyServiceMethodDescriptorSupplier("EnqueueTrial"))
              .build();
        }
      }
    }
    return getEnqueueTrialMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.ImportTrialsRequest,
      dev.ashad.v1.ImportTrialsResponse> getImportTrialsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ImportTrials",
      requestType = dev.ashad.v1.ImportTrialsRequest.class,
      responseType = dev.ashad.v1.ImportTrialsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.ImportTrialsRequest,
      dev.ashad.v1.ImportTrialsResponse> getImportTrialsMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.ImportTrialsRequest, dev.ashad.v1.ImportTrialsResponse> getImportTrialsMethod;
    if ((getImportTrialsMethod = StudyServiceGrpc.getImportTrialsMethod) == null) {
      synchronized (StudyServiceGrpc.class) {
        if ((getImportTrialsMethod = StudyServiceGrpc.getImportTrialsMethod) == null) {
          StudyServiceGrpc.getImportTrialsMethod = getImportTrialsMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.ImportTrialsRequest, dev.ashad.v1.ImportTrialsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ImportTrials"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.ImportTrialsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.ImportTrialsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StudyServiceMethodDescriptorSupplier("ImportTrials"))
              .build();
        }
      }
    }
    return getImportTrialsMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.CancelTrialRequest,
      dev.ashad.v1.CancelTrialResponse> getCancelTrialMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "CancelTrial",
      requestType = dev.ashad.v1.CancelTrialRequest.class,
      responseType = dev.ashad.v1.CancelTrialResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.CancelTrialRequest,
      dev.ashad.v1.CancelTrialResponse> getCancelTrialMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.CancelTrialRequest, dev.ashad.v1.CancelTrialResponse> getCancelTrialMethod;
    if ((getCancelTrialMethod = StudyServiceGrpc.getCancelTrialMethod) == null) {
      synchronized (StudyServiceGrpc.class) {
        if ((getCancelTrialMethod = StudyServiceGrpc.getCancelTrialMethod) == null) {
          StudyServiceGrpc.getCancelTrialMethod = getCancelTrialMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.CancelTrialRequest, dev.ashad.v1.CancelTrialResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "CancelTrial"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.CancelTrialRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.CancelTrialResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StudyServiceMethodDescriptorSupplier("CancelTrial"))
              .build();
        }
      }
    }
    return getCancelTrialMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.AnnotateStudyRequest,
      dev.ashad.v1.AnnotateStudyResponse> getAnnotateStudyMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "AnnotateStudy",
      requestType = dev.ashad.v1.AnnotateStudyRequest.class,
      responseType = dev.ashad.v1.AnnotateStudyResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.AnnotateStudyRequest,
      dev.ashad.v1.AnnotateStudyResponse> getAnnotateStudyMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.AnnotateStudyRequest, dev.ashad.v1.AnnotateStudyResponse> getAnnotateStudyMethod;
    if ((getAnnotateStudyMethod = StudyServiceGrpc.getAnnotateStudyMethod) == null) {
      synchronized (StudyServiceGrpc.class) {
        if ((getAnnotateStudyMethod = StudyServiceGrpc.getAnnotateStudyMethod) == null) {
          StudyServiceGrpc.getAnnotateStudyMethod = getAnnotateStudyMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.AnnotateStudyRequest, dev.ashad.v1.AnnotateStudyResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "AnnotateStudy"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.AnnotateStudyRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.AnnotateStudyResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StudyServiceMethodDescriptorSupplier("AnnotateStudy"))
              .build();
        }
      }
    }
    return getAnnotateStudyMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.AnnotateTrialRequest,
      dev.ashad.v1.AnnotateTrialResponse> getAnnotateTrialMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "AnnotateTrial",
      requestType = dev.ashad.v1.AnnotateTrialRequest.class,
      responseType = dev.ashad.v1.AnnotateTrialResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.AnnotateTrialRequest,
      dev.ashad.v1.AnnotateTrialResponse> getAnnotateTrialMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.AnnotateTrialRequest, dev.ashad.v1.AnnotateTrialResponse> getAnnotateTrialMethod;
    if ((getAnnotateTrialMethod = StudyServiceGrpc.getAnnotateTrialMethod) == null) {
      synchronized (StudyServiceGrpc.class) {
        if ((getAnnotateTrialMethod = StudyServiceGrpc.getAnnotateTrialMethod) == null) {
          StudyServiceGrpc.getAnnotateTrialMethod = getAnnotateTrialMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.AnnotateTrialRequest, dev.ashad.v1.AnnotateTrialResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "AnnotateTrial"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.AnnotateTrialRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.AnnotateTrialResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StudyServiceMethodDescriptorSupplier("AnnotateTrial"))
              .build();
        }
      }
    }
    return getAnnotateTrialMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.GetTrialRequest,
      dev.ashad.v1.GetTrialResponse> getGetTrialMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "GetTrial",
      requestType = dev.ashad.v1.GetTrialRequest.class,
      responseType = dev.ashad.v1.GetTrialResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.GetTrialRequest,
      dev.ashad.v1.GetTrialResponse> getGetTrialMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.GetTrialRequest, dev.ashad.v1.GetTrialResponse> getGetTrialMethod;
    if ((getGetTrialMethod = StudyServiceGrpc.getGetTrialMethod) == null) {
      synchronized (StudyServiceGrpc.class) {
        if ((getGetTrialMethod = StudyServiceGrpc.getGetTrialMethod) == null) {
          StudyServiceGrpc.getGetTrialMethod = getGetTrialMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.GetTrialRequest, dev.ashad.v1.GetTrialResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "GetTrial"))
              .setSafe(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.GetTrialRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.GetTrialResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StudyServiceMethodDescriptorSupplier("GetTrial"))
              .build();
        }
      }
    }
    return getGetTrialMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.GetBestTrialRequest,
      dev.ashad.v1.GetBestTrialResponse> getGetBestTrialMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "GetBestTrial",
      requestType = dev.ashad.v1.GetBestTrialRequest.class,
      responseType = dev.ashad.v1.GetBestTrialResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.GetBestTrialRequest,
      dev.ashad.v1.GetBestTrialResponse> getGetBestTrialMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.GetBestTrialRequest, dev.ashad.v1.GetBestTrialResponse> getGetBestTrialMethod;
    if ((getGetBestTrialMethod = StudyServiceGrpc.getGetBestTrialMethod) == null) {
      synchronized (StudyServiceGrpc.class) {
        if ((getGetBestTrialMethod = StudyServiceGrpc.getGetBestTrialMethod) == null) {
          StudyServiceGrpc.getGetBestTrialMethod = getGetBestTrialMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.GetBestTrialRequest, dev.ashad.v1.GetBestTrialResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "GetBestTrial"))
              .setSafe(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.GetBestTrialRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.GetBestTrialResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StudyServiceMethodDescriptorSupplier("GetBestTrial"))
              .build();
        }
      }
    }
    return getGetBestTrialMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.ListTrialsRequest,
      dev.ashad.v1.ListTrialsResponse> getListTrialsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ListTrials",
      requestType = dev.ashad.v1.ListTrialsRequest.class,
      responseType = dev.ashad.v1.ListTrialsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.ListTrialsRequest,
      dev.ashad.v1.ListTrialsResponse> getListTrialsMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.ListTrialsRequest, dev.ashad.v1.ListTrialsResponse> getListTrialsMethod;
    if ((getListTrialsMethod = StudyServiceGrpc.getListTrialsMethod) == null) {
      synchronized (StudyServiceGrpc.class) {
        if ((getListTrialsMethod = StudyServiceGrpc.getListTrialsMethod) == null) {
          StudyServiceGrpc.getListTrialsMethod = getListTrialsMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.ListTrialsRequest, dev.ashad.v1.ListTrialsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ListTrials"))
              .setSafe(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.ListTrialsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.ListTrialsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StudyServiceMethodDescriptorSupplier("ListTrials"))
              .build();
        }
      }
    }
    return getListTrialsMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.ListReportsRequest,
      dev.ashad.v1.ListReportsResponse> getListReportsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ListReports",
      requestType = dev.ashad.v1.ListReportsRequest.class,
      responseType = dev.ashad.v1.ListReportsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.ListReportsRequest,
      dev.ashad.v1.ListReportsResponse> getListReportsMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.ListReportsRequest, dev.ashad.v1.ListReportsResponse> getListReportsMethod;
    if ((getListReportsMethod = StudyServiceGrpc.getListReportsMethod) == null) {
      synchronized (StudyServiceGrpc.class) {
        if ((getListReportsMethod = StudyServiceGrpc.getListReportsMethod) == null) {
          StudyServiceGrpc.getListReportsMethod = getListReportsMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.ListReportsRequest, dev.ashad.v1.ListReportsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ListReports"))
              .setSafe(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.ListReportsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.ListReportsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StudyServiceMethodDescriptorSupplier("ListReports"))
              .build();
        }
      }
    }
    return getListReportsMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.ListObsoleteCheckpointsRequest,
      dev.ashad.v1.ListObsoleteCheckpointsResponse> getListObsoleteCheckpointsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ListObsoleteCheckpoints",
      requestType = dev.ashad.v1.ListObsoleteCheckpointsRequest.class,
      responseType = dev.ashad.v1.ListObsoleteCheckpointsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.ListObsoleteCheckpointsRequest,
      dev.ashad.v1.ListObsoleteCheckpointsResponse> getListObsoleteCheckpointsMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.ListObsoleteCheckpointsRequest, dev.ashad.v1.ListObsoleteCheckpointsResponse> getListObsoleteCheckpointsMethod;
    if ((getListObsoleteCheckpointsMethod = StudyServiceGrpc.getListObsoleteCheckpointsMethod) == null) {
      synchronized (StudyServiceGrpc.class) {
        if ((getListObsoleteCheckpointsMethod = StudyServiceGrpc.getListObsoleteCheckpointsMethod) == null) {
          StudyServiceGrpc.getListObsoleteCheckpointsMethod = getListObsoleteCheckpointsMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.ListObsoleteCheckpointsRequest, dev.ashad.v1.ListObsoleteCheckpointsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ListObsoleteCheckpoints"))
              .setSafe(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.ListObsoleteCheckpointsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.ListObsoleteCheckpointsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StudyServiceMethodDescriptorSupplier("ListObsoleteCheckpoints"))
              .build();
        }
      }
    }
    return getListObsoleteCheckpointsMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.ExplainTrialRequest,
      dev.ashad.v1.ExplainTrialResponse> getExplainTrialMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ExplainTrial",
      requestType = dev.ashad.v1.ExplainTrialRequest.class,
      responseType = dev.ashad.v1.ExplainTrialResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.ExplainTrialRequest,
      dev.ashad.v1.ExplainTrialResponse> getExplainTrialMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.ExplainTrialRequest, dev.ashad.v1.ExplainTrialResponse> getExplainTrialMethod;
    if ((getExplainTrialMethod = StudyServiceGrpc.getExplainTrialMethod) == null) {
      synchronized (StudyServiceGrpc.class) {
        if ((getExplainTrialMethod = StudyServiceGrpc.getExplainTrialMethod) == null) {
          StudyServiceGrpc.getExplainTrialMethod = getExplainTrialMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.ExplainTrialRequest, dev.ashad.v1.ExplainTrialResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ExplainTrial"))
              .setSafe(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.ExplainTrialRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.ExplainTrialResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StudyServiceMethodDescriptorSupplier("ExplainTrial"))
              .build();
        }
      }
    }
    return getExplainTrialMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.WatchStudyRequest,
      dev.ashad.v1.WatchStudyResponse> getWatchStudyMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "WatchStudy",
      requestType = dev.ashad.v1.WatchStudyRequest.class,
      responseType = dev.ashad.v1.WatchStudyResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.WatchStudyRequest,
      dev.ashad.v1.WatchStudyResponse> getWatchStudyMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.WatchStudyRequest, dev.ashad.v1.WatchStudyResponse> getWatchStudyMethod;
    if ((getWatchStudyMethod = StudyServiceGrpc.getWatchStudyMethod) == null) {
      synchronized (StudyServiceGrpc.class) {
        if ((getWatchStudyMethod = StudyServiceGrpc.getWatchStudyMethod) == null) {
          StudyServiceGrpc.getWatchStudyMethod = getWatchStudyMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.WatchStudyRequest, dev.ashad.v1.WatchStudyResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "WatchStudy"))
              .setSafe(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.WatchStudyRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.WatchStudyResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StudyServiceMethodDescriptorSupplier("WatchStudy"))
              .build();
        }
      }
    }
    return getWatchStudyMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.SummarizeStudyRequest,
      dev.ashad.v1.SummarizeStudyResponse> getSummarizeStudyMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "SummarizeStudy",
      requestType = dev.ashad.v1.SummarizeStudyRequest.class,
      responseType = dev.ashad.v1.SummarizeStudyResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.SummarizeStudyRequest,
      dev.ashad.v1.SummarizeStudyResponse> getSummarizeStudyMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.SummarizeStudyRequest, dev.ashad.v1.SummarizeStudyResponse> getSummarizeStudyMethod;
    if ((getSummarizeStudyMethod = StudyServiceGrpc.getSummarizeStudyMethod) == null) {
      synchronized (StudyServiceGrpc.class) {
        if ((getSummarizeStudyMethod = StudyServiceGrpc.getSummarizeStudyMethod) == null) {
          StudyServiceGrpc.getSummarizeStudyMethod = getSummarizeStudyMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.SummarizeStudyRequest, dev.ashad.v1.SummarizeStudyResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "SummarizeStudy"))
              .setSafe(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.SummarizeStudyRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.SummarizeStudyResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StudyServiceMethodDescriptorSupplier("SummarizeStudy"))
              .build();
        }
      }
    }
    return getSummarizeStudyMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.SampleCurvesRequest,
      dev.ashad.v1.SampleCurvesResponse> getSampleCurvesMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "SampleCurves",
      requestType = dev.ashad.v1.SampleCurvesRequest.class,
      responseType = dev.ashad.v1.SampleCurvesResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.SampleCurvesRequest,
      dev.ashad.v1.SampleCurvesResponse> getSampleCurvesMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.SampleCurvesRequest, dev.ashad.v1.SampleCurvesResponse> getSampleCurvesMethod;
    if ((getSampleCurvesMethod = StudyServiceGrpc.getSampleCurvesMethod) == null) {
      synchronized (StudyServiceGrpc.class) {
        if ((getSampleCurvesMethod = StudyServiceGrpc.getSampleCurvesMethod) == null) {
          StudyServiceGrpc.getSampleCurvesMethod = getSampleCurvesMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.SampleCurvesRequest, dev.ashad.v1.SampleCurvesResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "SampleCurves"))
              .setSafe(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.SampleCurvesRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.SampleCurvesResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StudyServiceMethodDescriptorSupplier("SampleCurves"))
              .build();
        }
      }
    }
    return getSampleCurvesMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.QueryTrialsRequest,
      dev.ashad.v1.QueryTrialsResponse> getQueryTrialsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "QueryTrials",
      requestType = dev.ashad.v1.QueryTrialsRequest.class,
      responseType = dev.ashad.v1.QueryTrialsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.QueryTrialsRequest,
      dev.ashad.v1.QueryTrialsResponse> getQueryTrialsMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.QueryTrialsRequest, dev.ashad.v1.QueryTrialsResponse> getQueryTrialsMethod;
    if ((getQueryTrialsMethod = StudyServiceGrpc.getQueryTrialsMethod) == null) {
      synchronized (StudyServiceGrpc.class) {
        if ((getQueryTrialsMethod = StudyServiceGrpc.getQueryTrialsMethod) == null) {
          StudyServiceGrpc.getQueryTrialsMethod = getQueryTrialsMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.QueryTrialsRequest, dev.ashad.v1.QueryTrialsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "QueryTrials"))
              .setSafe(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.QueryTrialsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.QueryTrialsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StudyServiceMethodDescriptorSupplier("QueryTrials"))
              .build();
        }
      }
    }
    return getQueryTrialsMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.ListBestStepsRequest,
      dev.ashad.v1.ListBestStepsResponse> getListBestStepsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ListBestSteps",
      requestType = dev.ashad.v1.ListBestStepsRequest.class,
      responseType = dev.ashad.v1.ListBestStepsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.ListBestStepsRequest,
      dev.ashad.v1.ListBestStepsResponse> getListBestStepsMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.ListBestStepsRequest, dev.ashad.v1.ListBestStepsResponse> getListBestStepsMethod;
    if ((getListBestStepsMethod = StudyServiceGrpc.getListBestStepsMethod) == null) {
      synchronized (StudyServiceGrpc.class) {
        if ((getListBestStepsMethod = StudyServiceGrpc.getListBestStepsMethod) == null) {
          StudyServiceGrpc.getListBestStepsMethod = getListBestStepsMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.ListBestStepsRequest, dev.ashad.v1.ListBestStepsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ListBestSteps"))
              .setSafe(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.ListBestStepsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.ListBestStepsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StudyServiceMethodDescriptorSupplier("ListBestSteps"))
              .build();
        }
      }
    }
    return getListBestStepsMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.ashad.v1.GetParameterImportanceRequest,
      dev.ashad.v1.GetParameterImportanceResponse> getGetParameterImportanceMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "GetParameterImportance",
      requestType = dev.ashad.v1.GetParameterImportanceRequest.class,
      responseType = dev.ashad.v1.GetParameterImportanceResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.ashad.v1.GetParameterImportanceRequest,
      dev.ashad.v1.GetParameterImportanceResponse> getGetParameterImportanceMethod() {
    io.grpc.MethodDescriptor<dev.ashad.v1.GetParameterImportanceRequest, dev.ashad.v1.GetParameterImportanceResponse> getGetParameterImportanceMethod;
    if ((getGetParameterImportanceMethod = StudyServiceGrpc.getGetParameterImportanceMethod) == null) {
      synchronized (StudyServiceGrpc.class) {
        if ((getGetParameterImportanceMethod = StudyServiceGrpc.getGetParameterImportanceMethod) == null) {
          StudyServiceGrpc.getGetParameterImportanceMethod = getGetParameterImportanceMethod =
              io.grpc.MethodDescriptor.<dev.ashad.v1.GetParameterImportanceRequest, dev.ashad.v1.GetParameterImportanceResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "GetParameterImportance"))
              .setSafe(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.GetParameterImportanceRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.ashad.v1.GetParameterImportanceResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StudyServiceMethodDescriptorSupplier("GetParameterImportance"))
              .build();
        }
      }
    }
    return getGetParameterImportanceMethod;
  }

  /**
   * Creates a new async stub that supports all call types for the service
   */
  public static StudyServiceStub newStub(io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<StudyServiceStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<StudyServiceStub>() {
        @java.lang.Override
        public StudyServiceStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new StudyServiceStub(channel, callOptions);
        }
      };
    return StudyServiceStub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports all types of calls on the service
   */
  public static StudyServiceBlockingV2Stub newBlockingV2Stub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<StudyServiceBlockingV2Stub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<StudyServiceBlockingV2Stub>() {
        @java.lang.Override
        public StudyServiceBlockingV2Stub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new StudyServiceBlockingV2Stub(channel, callOptions);
        }
      };
    return StudyServiceBlockingV2Stub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports unary and streaming output calls on the service
   */
  public static StudyServiceBlockingStub newBlockingStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<StudyServiceBlockingStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<StudyServiceBlockingStub>() {
        @java.lang.Override
        public StudyServiceBlockingStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new StudyServiceBlockingStub(channel, callOptions);
        }
      };
    return StudyServiceBlockingStub.newStub(factory, channel);
  }

  /**
   * Creates a new ListenableFuture-style stub that supports unary calls on the service
   */
  public static StudyServiceFutureStub newFutureStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<StudyServiceFutureStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<StudyServiceFutureStub>() {
        @java.lang.Override
        public StudyServiceFutureStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new StudyServiceFutureStub(channel, callOptions);
        }
      };
    return StudyServiceFutureStub.newStub(factory, channel);
  }

  /**
   * <pre>
   * What people and tools call.
   * </pre>
   */
  public interface AsyncService {

    /**
     * <pre>
     * Makes a study. The same name with an equal spec is an echo; with another spec it is refused with
     * ALREADY_EXISTS and the fields that differ. A token of the role worker gets the echo alone.
     * </pre>
     */
    default void createStudy(dev.ashad.v1.CreateStudyRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.CreateStudyResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getCreateStudyMethod(), responseObserver);
    }

    /**
     * <pre>
     * One study: spec, state, counts, rungs, best trial.
     * </pre>
     */
    default void getStudy(dev.ashad.v1.GetStudyRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.GetStudyResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getGetStudyMethod(), responseObserver);
    }

    /**
     * <pre>
     * Studies by name, paged.
     * </pre>
     */
    default void listStudies(dev.ashad.v1.ListStudiesRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.ListStudiesResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getListStudiesMethod(), responseObserver);
    }

    /**
     * <pre>
     * Quotas of the daemon's operator, with who has their slots and who waits for one, paged.
     * </pre>
     */
    default void listQuotas(dev.ashad.v1.ListQuotasRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.ListQuotasResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getListQuotasMethod(), responseObserver);
    }

    /**
     * <pre>
     * Raises or lowers the limits. A finished study goes on when the limit that ended it is raised.
     * </pre>
     */
    default void updateStudy(dev.ashad.v1.UpdateStudyRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.UpdateStudyResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getUpdateStudyMethod(), responseObserver);
    }

    /**
     * <pre>
     * Draws the trials that are not made yet from another space. Rungs stay, and every trial keeps the configuration that
     * it has: a trial belongs to the version of the space that was in force at its number.
     * </pre>
     */
    default void changeSpace(dev.ashad.v1.ChangeSpaceRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.ChangeSpaceResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getChangeSpaceMethod(), responseObserver);
    }

    /**
     * <pre>
     * Hands out no more trials until resumed; running trials go on.
     * </pre>
     */
    default void pauseStudy(dev.ashad.v1.PauseStudyRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.PauseStudyResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getPauseStudyMethod(), responseObserver);
    }

    /**
     * <pre>
     * Ends a pause.
     * </pre>
     */
    default void resumeStudy(dev.ashad.v1.ResumeStudyRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.ResumeStudyResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getResumeStudyMethod(), responseObserver);
    }

    /**
     * <pre>
     * Ends the study for good: running trials are told to stop at their next report.
     * </pre>
     */
    default void stopStudy(dev.ashad.v1.StopStudyRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.StopStudyResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getStopStudyMethod(), responseObserver);
    }

    /**
     * <pre>
     * Deletes the study with all its trials and reports. It is gone at once and for good; its rows are
     * removed from the file bit by bit. Repeated, it is an echo, until there is a study of that name again.
     * </pre>
     */
    default void deleteStudy(dev.ashad.v1.DeleteStudyRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.DeleteStudyResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getDeleteStudyMethod(), responseObserver);
    }

    /**
     * <pre>
     * Queues a configuration of the caller's own; it is handed out before any other new one.
     * Key: `request_id`.
     * </pre>
     */
    default void enqueueTrial(dev.ashad.v1.EnqueueTrialRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.EnqueueTrialResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getEnqueueTrialMethod(), responseObserver);
    }

    /**
     * <pre>
     * Takes in finished trials of another tool with their values, as one event: they are never handed out, and no limit
     * counts them but `target_value`. Under asynchronous rules their values stand in the rungs of the first bracket, so
     * that what is trained here is compared with them. Key: `request_id`.
     * </pre>
     */
    default void importTrials(dev.ashad.v1.ImportTrialsRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.ImportTrialsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getImportTrialsMethod(), responseObserver);
    }

    /**
     * <pre>
     * Cancels a trial: a running one is told to stop at its next call.
     * </pre>
     */
    default void cancelTrial(dev.ashad.v1.CancelTrialRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.CancelTrialResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getCancelTrialMethod(), responseObserver);
    }

    /**
     * <pre>
     * Sets the note of a study, adds and removes labels. Repeated, it changes nothing.
     * </pre>
     */
    default void annotateStudy(dev.ashad.v1.AnnotateStudyRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.AnnotateStudyResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getAnnotateStudyMethod(), responseObserver);
    }

    /**
     * <pre>
     * Sets the note of a trial, in whatever state, adds and removes labels. Repeated, it changes nothing.
     * </pre>
     */
    default void annotateTrial(dev.ashad.v1.AnnotateTrialRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.AnnotateTrialResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getAnnotateTrialMethod(), responseObserver);
    }

    /**
     * <pre>
     * One trial, with its attempts.
     * </pre>
     */
    default void getTrial(dev.ashad.v1.GetTrialRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.GetTrialResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getGetTrialMethod(), responseObserver);
    }

    /**
     * <pre>
     * The best trial, by its best, last or smoothed value, with the report that says so.
     * </pre>
     */
    default void getBestTrial(dev.ashad.v1.GetBestTrialRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.GetBestTrialResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getGetBestTrialMethod(), responseObserver);
    }

    /**
     * <pre>
     * Trials by number, paged.
     * </pre>
     */
    default void listTrials(dev.ashad.v1.ListTrialsRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.ListTrialsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getListTrialsMethod(), responseObserver);
    }

    /**
     * <pre>
     * Reports in the order they were committed, paged.
     * </pre>
     */
    default void listReports(dev.ashad.v1.ListReportsRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.ListReportsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getListReportsMethod(), responseObserver);
    }

    /**
     * <pre>
     * Checkpoints that no attempt will ever be resumed from, in the order in which they became so: all
     * that reports named, but for the latest one of a trial that is queued, running, paused or
     * completed, and of the best trial. Resumable by sequence number. Deletes nothing: a URI is opaque.
     * </pre>
     */
    default void listObsoleteCheckpoints(dev.ashad.v1.ListObsoleteCheckpointsRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.ListObsoleteCheckpointsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getListObsoleteCheckpointsMethod(), responseObserver);
    }

    /**
     * <pre>
     * Why a trial stands where it stands: each decision with the rung as it was at that moment.
     * </pre>
     */
    default void explainTrial(dev.ashad.v1.ExplainTrialRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.ExplainTrialResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getExplainTrialMethod(), responseObserver);
    }

    /**
     * <pre>
     * Changes of a study as they are committed, from a sequence number on: each once, in order, none
     * left out, for as long as the caller listens. A caller that reads slowly lags, and one that reads
     * nothing for a minute is sent away (WATCHER_SLOW); nobody else waits for it. Ends with NOT_FOUND when
     * the study is deleted.
     * </pre>
     */
    default void watchStudy(dev.ashad.v1.WatchStudyRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.WatchStudyResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getWatchStudyMethod(), responseObserver);
    }

    /**
     * <pre>
     * A study with a histogram of each of its rungs.
     * </pre>
     */
    default void summarizeStudy(dev.ashad.v1.SummarizeStudyRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.SummarizeStudyResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getSummarizeStudyMethod(), responseObserver);
    }

    /**
     * <pre>
     * Some learning curves: of trials that run, of the best, and of others spread over the rungs that they reached.
     * </pre>
     */
    default void sampleCurves(dev.ashad.v1.SampleCurvesRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.SampleCurvesResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getSampleCurvesMethod(), responseObserver);
    }

    /**
     * <pre>
     * Trials by columns: those that pass the filters, in the order asked for, paged.
     * </pre>
     */
    default void queryTrials(dev.ashad.v1.QueryTrialsRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.QueryTrialsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getQueryTrialsMethod(), responseObserver);
    }

    /**
     * <pre>
     * Where the best value so far became better, with what had been spent by then.
     * </pre>
     */
    default void listBestSteps(dev.ashad.v1.ListBestStepsRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.ListBestStepsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getListBestStepsMethod(), responseObserver);
    }

    /**
     * <pre>
     * How much each parameter counts for a trial to be among the best.
     * </pre>
     */
    default void getParameterImportance(dev.ashad.v1.GetParameterImportanceRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.GetParameterImportanceResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getGetParameterImportanceMethod(), responseObserver);
    }
  }

  /**
   * Base class for the server implementation of the service StudyService.
   * <pre>
   * What people and tools call.
   * </pre>
   */
  public static abstract class StudyServiceImplBase
      implements io.grpc.BindableService, AsyncService {

    @java.lang.Override public final io.grpc.ServerServiceDefinition bindService() {
      return StudyServiceGrpc.bindService(this);
    }
  }

  /**
   * A stub to allow clients to do asynchronous rpc calls to service StudyService.
   * <pre>
   * What people and tools call.
   * </pre>
   */
  public static final class StudyServiceStub
      extends io.grpc.stub.AbstractAsyncStub<StudyServiceStub> {
    private StudyServiceStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected StudyServiceStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new StudyServiceStub(channel, callOptions);
    }

    /**
     * <pre>
     * Makes a study. The same name with an equal spec is an echo; with another spec it is refused with
     * ALREADY_EXISTS and the fields that differ. A token of the role worker gets the echo alone.
     * </pre>
     */
    public void createStudy(dev.ashad.v1.CreateStudyRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.CreateStudyResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getCreateStudyMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * One study: spec, state, counts, rungs, best trial.
     * </pre>
     */
    public void getStudy(dev.ashad.v1.GetStudyRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.GetStudyResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getGetStudyMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Studies by name, paged.
     * </pre>
     */
    public void listStudies(dev.ashad.v1.ListStudiesRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.ListStudiesResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getListStudiesMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Quotas of the daemon's operator, with who has their slots and who waits for one, paged.
     * </pre>
     */
    public void listQuotas(dev.ashad.v1.ListQuotasRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.ListQuotasResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getListQuotasMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Raises or lowers the limits. A finished study goes on when the limit that ended it is raised.
     * </pre>
     */
    public void updateStudy(dev.ashad.v1.UpdateStudyRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.UpdateStudyResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getUpdateStudyMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Draws the trials that are not made yet from another space. Rungs stay, and every trial keeps the configuration that
     * it has: a trial belongs to the version of the space that was in force at its number.
     * </pre>
     */
    public void changeSpace(dev.ashad.v1.ChangeSpaceRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.ChangeSpaceResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getChangeSpaceMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Hands out no more trials until resumed; running trials go on.
     * </pre>
     */
    public void pauseStudy(dev.ashad.v1.PauseStudyRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.PauseStudyResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getPauseStudyMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Ends a pause.
     * </pre>
     */
    public void resumeStudy(dev.ashad.v1.ResumeStudyRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.ResumeStudyResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getResumeStudyMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Ends the study for good: running trials are told to stop at their next report.
     * </pre>
     */
    public void stopStudy(dev.ashad.v1.StopStudyRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.StopStudyResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getStopStudyMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Deletes the study with all its trials and reports. It is gone at once and for good; its rows are
     * removed from the file bit by bit. Repeated, it is an echo, until there is a study of that name again.
     * </pre>
     */
    public void deleteStudy(dev.ashad.v1.DeleteStudyRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.DeleteStudyResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getDeleteStudyMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Queues a configuration of the caller's own; it is handed out before any other new one.
     * Key: `request_id`.
     * </pre>
     */
    public void enqueueTrial(dev.ashad.v1.EnqueueTrialRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.EnqueueTrialResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getEnqueueTrialMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Takes in finished trials of another tool with their values, as one event: they are never handed out, and no limit
     * counts them but `target_value`. Under asynchronous rules their values stand in the rungs of the first bracket, so
     * that what is trained here is compared with them. Key: `request_id`.
     * </pre>
     */
    public void importTrials(dev.ashad.v1.ImportTrialsRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.ImportTrialsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getImportTrialsMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Cancels a trial: a running one is told to stop at its next call.
     * </pre>
     */
    public void cancelTrial(dev.ashad.v1.CancelTrialRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.CancelTrialResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getCancelTrialMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Sets the note of a study, adds and removes labels. Repeated, it changes nothing.
     * </pre>
     */
    public void annotateStudy(dev.ashad.v1.AnnotateStudyRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.AnnotateStudyResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getAnnotateStudyMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Sets the note of a trial, in whatever state, adds and removes labels. Repeated, it changes nothing.
     * </pre>
     */
    public void annotateTrial(dev.ashad.v1.AnnotateTrialRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.AnnotateTrialResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getAnnotateTrialMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * One trial, with its attempts.
     * </pre>
     */
    public void getTrial(dev.ashad.v1.GetTrialRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.GetTrialResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getGetTrialMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * The best trial, by its best, last or smoothed value, with the report that says so.
     * </pre>
     */
    public void getBestTrial(dev.ashad.v1.GetBestTrialRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.GetBestTrialResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getGetBestTrialMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Trials by number, paged.
     * </pre>
     */
    public void listTrials(dev.ashad.v1.ListTrialsRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.ListTrialsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getListTrialsMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Reports in the order they were committed, paged.
     * </pre>
     */
    public void listReports(dev.ashad.v1.ListReportsRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.ListReportsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getListReportsMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Checkpoints that no attempt will ever be resumed from, in the order in which they became so: all
     * that reports named, but for the latest one of a trial that is queued, running, paused or
     * completed, and of the best trial. Resumable by sequence number. Deletes nothing: a URI is opaque.
     * </pre>
     */
    public void listObsoleteCheckpoints(dev.ashad.v1.ListObsoleteCheckpointsRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.ListObsoleteCheckpointsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getListObsoleteCheckpointsMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Why a trial stands where it stands: each decision with the rung as it was at that moment.
     * </pre>
     */
    public void explainTrial(dev.ashad.v1.ExplainTrialRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.ExplainTrialResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getExplainTrialMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Changes of a study as they are committed, from a sequence number on: each once, in order, none
     * left out, for as long as the caller listens. A caller that reads slowly lags, and one that reads
     * nothing for a minute is sent away (WATCHER_SLOW); nobody else waits for it. Ends with NOT_FOUND when
     * the study is deleted.
     * </pre>
     */
    public void watchStudy(dev.ashad.v1.WatchStudyRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.WatchStudyResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncServerStreamingCall(
          getChannel().newCall(getWatchStudyMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * A study with a histogram of each of its rungs.
     * </pre>
     */
    public void summarizeStudy(dev.ashad.v1.SummarizeStudyRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.SummarizeStudyResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getSummarizeStudyMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Some learning curves: of trials that run, of the best, and of others spread over the rungs that they reached.
     * </pre>
     */
    public void sampleCurves(dev.ashad.v1.SampleCurvesRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.SampleCurvesResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getSampleCurvesMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Trials by columns: those that pass the filters, in the order asked for, paged.
     * </pre>
     */
    public void queryTrials(dev.ashad.v1.QueryTrialsRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.QueryTrialsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getQueryTrialsMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Where the best value so far became better, with what had been spent by then.
     * </pre>
     */
    public void listBestSteps(dev.ashad.v1.ListBestStepsRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.ListBestStepsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getListBestStepsMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * How much each parameter counts for a trial to be among the best.
     * </pre>
     */
    public void getParameterImportance(dev.ashad.v1.GetParameterImportanceRequest request,
        io.grpc.stub.StreamObserver<dev.ashad.v1.GetParameterImportanceResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getGetParameterImportanceMethod(), getCallOptions()), request, responseObserver);
    }
  }

  /**
   * A stub to allow clients to do synchronous rpc calls to service StudyService.
   * <pre>
   * What people and tools call.
   * </pre>
   */
  public static final class StudyServiceBlockingV2Stub
      extends io.grpc.stub.AbstractBlockingStub<StudyServiceBlockingV2Stub> {
    private StudyServiceBlockingV2Stub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected StudyServiceBlockingV2Stub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new StudyServiceBlockingV2Stub(channel, callOptions);
    }

    /**
     * <pre>
     * Makes a study. The same name with an equal spec is an echo; with another spec it is refused with
     * ALREADY_EXISTS and the fields that differ. A token of the role worker gets the echo alone.
     * </pre>
     */
    public dev.ashad.v1.CreateStudyResponse createStudy(dev.ashad.v1.CreateStudyRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getCreateStudyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * One study: spec, state, counts, rungs, best trial.
     * </pre>
     */
    public dev.ashad.v1.GetStudyResponse getStudy(dev.ashad.v1.GetStudyRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getGetStudyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Studies by name, paged.
     * </pre>
     */
    public dev.ashad.v1.ListStudiesResponse listStudies(dev.ashad.v1.ListStudiesRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getListStudiesMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Quotas of the daemon's operator, with who has their slots and who waits for one, paged.
     * </pre>
     */
    public dev.ashad.v1.ListQuotasResponse listQuotas(dev.ashad.v1.ListQuotasRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getListQuotasMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Raises or lowers the limits. A finished study goes on when the limit that ended it is raised.
     * </pre>
     */
    public dev.ashad.v1.UpdateStudyResponse updateStudy(dev.ashad.v1.UpdateStudyRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getUpdateStudyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Draws the trials that are not made yet from another space. Rungs stay, and every trial keeps the configuration that
     * it has: a trial belongs to the version of the space that was in force at its number.
     * </pre>
     */
    public dev.ashad.v1.ChangeSpaceResponse changeSpace(dev.ashad.v1.ChangeSpaceRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getChangeSpaceMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Hands out no more trials until resumed; running trials go on.
     * </pre>
     */
    public dev.ashad.v1.PauseStudyResponse pauseStudy(dev.ashad.v1.PauseStudyRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getPauseStudyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Ends a pause.
     * </pre>
     */
    public dev.ashad.v1.ResumeStudyResponse resumeStudy(dev.ashad.v1.ResumeStudyRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getResumeStudyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Ends the study for good: running trials are told to stop at their next report.
     * </pre>
     */
    public dev.ashad.v1.StopStudyResponse stopStudy(dev.ashad.v1.StopStudyRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getStopStudyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Deletes the study with all its trials and reports. It is gone at once and for good; its rows are
     * removed from the file bit by bit. Repeated, it is an echo, until there is a study of that name again.
     * </pre>
     */
    public dev.ashad.v1.DeleteStudyResponse deleteStudy(dev.ashad.v1.DeleteStudyRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getDeleteStudyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Queues a configuration of the caller's own; it is handed out before any other new one.
     * Key: `request_id`.
     * </pre>
     */
    public dev.ashad.v1.EnqueueTrialResponse enqueueTrial(dev.ashad.v1.EnqueueTrialRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getEnqueueTrialMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Takes in finished trials of another tool with their values, as one event: they are never handed out, and no limit
     * counts them but `target_value`. Under asynchronous rules their values stand in the rungs of the first bracket, so
     * that what is trained here is compared with them. Key: `request_id`.
     * </pre>
     */
    public dev.ashad.v1.ImportTrialsResponse importTrials(dev.ashad.v1.ImportTrialsRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getImportTrialsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Cancels a trial: a running one is told to stop at its next call.
     * </pre>
     */
    public dev.ashad.v1.CancelTrialResponse cancelTrial(dev.ashad.v1.CancelTrialRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getCancelTrialMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Sets the note of a study, adds and removes labels. Repeated, it changes nothing.
     * </pre>
     */
    public dev.ashad.v1.AnnotateStudyResponse annotateStudy(dev.ashad.v1.AnnotateStudyRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getAnnotateStudyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Sets the note of a trial, in whatever state, adds and removes labels. Repeated, it changes nothing.
     * </pre>
     */
    public dev.ashad.v1.AnnotateTrialResponse annotateTrial(dev.ashad.v1.AnnotateTrialRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getAnnotateTrialMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * One trial, with its attempts.
     * </pre>
     */
    public dev.ashad.v1.GetTrialResponse getTrial(dev.ashad.v1.GetTrialRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getGetTrialMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * The best trial, by its best, last or smoothed value, with the report that says so.
     * </pre>
     */
    public dev.ashad.v1.GetBestTrialResponse getBestTrial(dev.ashad.v1.GetBestTrialRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getGetBestTrialMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Trials by number, paged.
     * </pre>
     */
    public dev.ashad.v1.ListTrialsResponse listTrials(dev.ashad.v1.ListTrialsRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getListTrialsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Reports in the order they were committed, paged.
     * </pre>
     */
    public dev.ashad.v1.ListReportsResponse listReports(dev.ashad.v1.ListReportsRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getListReportsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Checkpoints that no attempt will ever be resumed from, in the order in which they became so: all
     * that reports named, but for the latest one of a trial that is queued, running, paused or
     * completed, and of the best trial. Resumable by sequence number. Deletes nothing: a URI is opaque.
     * </pre>
     */
    public dev.ashad.v1.ListObsoleteCheckpointsResponse listObsoleteCheckpoints(dev.ashad.v1.ListObsoleteCheckpointsRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getListObsoleteCheckpointsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Why a trial stands where it stands: each decision with the rung as it was at that moment.
     * </pre>
     */
    public dev.ashad.v1.ExplainTrialResponse explainTrial(dev.ashad.v1.ExplainTrialRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getExplainTrialMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Changes of a study as they are committed, from a sequence number on: each once, in order, none
     * left out, for as long as the caller listens. A caller that reads slowly lags, and one that reads
     * nothing for a minute is sent away (WATCHER_SLOW); nobody else waits for it. Ends with NOT_FOUND when
     * the study is deleted.
     * </pre>
     */
    @io.grpc.ExperimentalApi("https://github.com/grpc/grpc-java/issues/10918")
    public io.grpc.stub.BlockingClientCall<?, dev.ashad.v1.WatchStudyResponse>
        watchStudy(dev.ashad.v1.WatchStudyRequest request) {
      return io.grpc.stub.ClientCalls.blockingV2ServerStreamingCall(
          getChannel(), getWatchStudyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * A study with a histogram of each of its rungs.
     * </pre>
     */
    public dev.ashad.v1.SummarizeStudyResponse summarizeStudy(dev.ashad.v1.SummarizeStudyRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getSummarizeStudyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Some learning curves: of trials that run, of the best, and of others spread over the rungs that they reached.
     * </pre>
     */
    public dev.ashad.v1.SampleCurvesResponse sampleCurves(dev.ashad.v1.SampleCurvesRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getSampleCurvesMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Trials by columns: those that pass the filters, in the order asked for, paged.
     * </pre>
     */
    public dev.ashad.v1.QueryTrialsResponse queryTrials(dev.ashad.v1.QueryTrialsRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getQueryTrialsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Where the best value so far became better, with what had been spent by then.
     * </pre>
     */
    public dev.ashad.v1.ListBestStepsResponse listBestSteps(dev.ashad.v1.ListBestStepsRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getListBestStepsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * How much each parameter counts for a trial to be among the best.
     * </pre>
     */
    public dev.ashad.v1.GetParameterImportanceResponse getParameterImportance(dev.ashad.v1.GetParameterImportanceRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getGetParameterImportanceMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do limited synchronous rpc calls to service StudyService.
   * <pre>
   * What people and tools call.
   * </pre>
   */
  public static final class StudyServiceBlockingStub
      extends io.grpc.stub.AbstractBlockingStub<StudyServiceBlockingStub> {
    private StudyServiceBlockingStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected StudyServiceBlockingStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new StudyServiceBlockingStub(channel, callOptions);
    }

    /**
     * <pre>
     * Makes a study. The same name with an equal spec is an echo; with another spec it is refused with
     * ALREADY_EXISTS and the fields that differ. A token of the role worker gets the echo alone.
     * </pre>
     */
    public dev.ashad.v1.CreateStudyResponse createStudy(dev.ashad.v1.CreateStudyRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getCreateStudyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * One study: spec, state, counts, rungs, best trial.
     * </pre>
     */
    public dev.ashad.v1.GetStudyResponse getStudy(dev.ashad.v1.GetStudyRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getGetStudyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Studies by name, paged.
     * </pre>
     */
    public dev.ashad.v1.ListStudiesResponse listStudies(dev.ashad.v1.ListStudiesRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getListStudiesMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Quotas of the daemon's operator, with who has their slots and who waits for one, paged.
     * </pre>
     */
    public dev.ashad.v1.ListQuotasResponse listQuotas(dev.ashad.v1.ListQuotasRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getListQuotasMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Raises or lowers the limits. A finished study goes on when the limit that ended it is raised.
     * </pre>
     */
    public dev.ashad.v1.UpdateStudyResponse updateStudy(dev.ashad.v1.UpdateStudyRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getUpdateStudyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Draws the trials that are not made yet from another space. Rungs stay, and every trial keeps the configuration that
     * it has: a trial belongs to the version of the space that was in force at its number.
     * </pre>
     */
    public dev.ashad.v1.ChangeSpaceResponse changeSpace(dev.ashad.v1.ChangeSpaceRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getChangeSpaceMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Hands out no more trials until resumed; running trials go on.
     * </pre>
     */
    public dev.ashad.v1.PauseStudyResponse pauseStudy(dev.ashad.v1.PauseStudyRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getPauseStudyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Ends a pause.
     * </pre>
     */
    public dev.ashad.v1.ResumeStudyResponse resumeStudy(dev.ashad.v1.ResumeStudyRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getResumeStudyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Ends the study for good: running trials are told to stop at their next report.
     * </pre>
     */
    public dev.ashad.v1.StopStudyResponse stopStudy(dev.ashad.v1.StopStudyRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getStopStudyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Deletes the study with all its trials and reports. It is gone at once and for good; its rows are
     * removed from the file bit by bit. Repeated, it is an echo, until there is a study of that name again.
     * </pre>
     */
    public dev.ashad.v1.DeleteStudyResponse deleteStudy(dev.ashad.v1.DeleteStudyRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getDeleteStudyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Queues a configuration of the caller's own; it is handed out before any other new one.
     * Key: `request_id`.
     * </pre>
     */
    public dev.ashad.v1.EnqueueTrialResponse enqueueTrial(dev.ashad.v1.EnqueueTrialRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getEnqueueTrialMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Takes in finished trials of another tool with their values, as one event: they are never handed out, and no limit
     * counts them but `target_value`. Under asynchronous rules their values stand in the rungs of the first bracket, so
     * that what is trained here is compared with them. Key: `request_id`.
     * </pre>
     */
    public dev.ashad.v1.ImportTrialsResponse importTrials(dev.ashad.v1.ImportTrialsRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getImportTrialsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Cancels a trial: a running one is told to stop at its next call.
     * </pre>
     */
    public dev.ashad.v1.CancelTrialResponse cancelTrial(dev.ashad.v1.CancelTrialRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getCancelTrialMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Sets the note of a study, adds and removes labels. Repeated, it changes nothing.
     * </pre>
     */
    public dev.ashad.v1.AnnotateStudyResponse annotateStudy(dev.ashad.v1.AnnotateStudyRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getAnnotateStudyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Sets the note of a trial, in whatever state, adds and removes labels. Repeated, it changes nothing.
     * </pre>
     */
    public dev.ashad.v1.AnnotateTrialResponse annotateTrial(dev.ashad.v1.AnnotateTrialRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getAnnotateTrialMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * One trial, with its attempts.
     * </pre>
     */
    public dev.ashad.v1.GetTrialResponse getTrial(dev.ashad.v1.GetTrialRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getGetTrialMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * The best trial, by its best, last or smoothed value, with the report that says so.
     * </pre>
     */
    public dev.ashad.v1.GetBestTrialResponse getBestTrial(dev.ashad.v1.GetBestTrialRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getGetBestTrialMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Trials by number, paged.
     * </pre>
     */
    public dev.ashad.v1.ListTrialsResponse listTrials(dev.ashad.v1.ListTrialsRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getListTrialsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Reports in the order they were committed, paged.
     * </pre>
     */
    public dev.ashad.v1.ListReportsResponse listReports(dev.ashad.v1.ListReportsRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getListReportsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Checkpoints that no attempt will ever be resumed from, in the order in which they became so: all
     * that reports named, but for the latest one of a trial that is queued, running, paused or
     * completed, and of the best trial. Resumable by sequence number. Deletes nothing: a URI is opaque.
     * </pre>
     */
    public dev.ashad.v1.ListObsoleteCheckpointsResponse listObsoleteCheckpoints(dev.ashad.v1.ListObsoleteCheckpointsRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getListObsoleteCheckpointsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Why a trial stands where it stands: each decision with the rung as it was at that moment.
     * </pre>
     */
    public dev.ashad.v1.ExplainTrialResponse explainTrial(dev.ashad.v1.ExplainTrialRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getExplainTrialMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Changes of a study as they are committed, from a sequence number on: each once, in order, none
     * left out, for as long as the caller listens. A caller that reads slowly lags, and one that reads
     * nothing for a minute is sent away (WATCHER_SLOW); nobody else waits for it. Ends with NOT_FOUND when
     * the study is deleted.
     * </pre>
     */
    public java.util.Iterator<dev.ashad.v1.WatchStudyResponse> watchStudy(
        dev.ashad.v1.WatchStudyRequest request) {
      return io.grpc.stub.ClientCalls.blockingServerStreamingCall(
          getChannel(), getWatchStudyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * A study with a histogram of each of its rungs.
     * </pre>
     */
    public dev.ashad.v1.SummarizeStudyResponse summarizeStudy(dev.ashad.v1.SummarizeStudyRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getSummarizeStudyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Some learning curves: of trials that run, of the best, and of others spread over the rungs that they reached.
     * </pre>
     */
    public dev.ashad.v1.SampleCurvesResponse sampleCurves(dev.ashad.v1.SampleCurvesRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getSampleCurvesMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Trials by columns: those that pass the filters, in the order asked for, paged.
     * </pre>
     */
    public dev.ashad.v1.QueryTrialsResponse queryTrials(dev.ashad.v1.QueryTrialsRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getQueryTrialsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Where the best value so far became better, with what had been spent by then.
     * </pre>
     */
    public dev.ashad.v1.ListBestStepsResponse listBestSteps(dev.ashad.v1.ListBestStepsRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getListBestStepsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * How much each parameter counts for a trial to be among the best.
     * </pre>
     */
    public dev.ashad.v1.GetParameterImportanceResponse getParameterImportance(dev.ashad.v1.GetParameterImportanceRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getGetParameterImportanceMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do ListenableFuture-style rpc calls to service StudyService.
   * <pre>
   * What people and tools call.
   * </pre>
   */
  public static final class StudyServiceFutureStub
      extends io.grpc.stub.AbstractFutureStub<StudyServiceFutureStub> {
    private StudyServiceFutureStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected StudyServiceFutureStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new StudyServiceFutureStub(channel, callOptions);
    }

    /**
     * <pre>
     * Makes a study. The same name with an equal spec is an echo; with another spec it is refused with
     * ALREADY_EXISTS and the fields that differ. A token of the role worker gets the echo alone.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.CreateStudyResponse> createStudy(
        dev.ashad.v1.CreateStudyRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getCreateStudyMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * One study: spec, state, counts, rungs, best trial.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.GetStudyResponse> getStudy(
        dev.ashad.v1.GetStudyRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getGetStudyMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Studies by name, paged.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.ListStudiesResponse> listStudies(
        dev.ashad.v1.ListStudiesRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getListStudiesMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Quotas of the daemon's operator, with who has their slots and who waits for one, paged.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.ListQuotasResponse> listQuotas(
        dev.ashad.v1.ListQuotasRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getListQuotasMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Raises or lowers the limits. A finished study goes on when the limit that ended it is raised.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.UpdateStudyResponse> updateStudy(
        dev.ashad.v1.UpdateStudyRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getUpdateStudyMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Draws the trials that are not made yet from another space. Rungs stay, and every trial keeps the configuration that
     * it has: a trial belongs to the version of the space that was in force at its number.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.ChangeSpaceResponse> changeSpace(
        dev.ashad.v1.ChangeSpaceRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getChangeSpaceMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Hands out no more trials until resumed; running trials go on.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.PauseStudyResponse> pauseStudy(
        dev.ashad.v1.PauseStudyRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getPauseStudyMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Ends a pause.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.ResumeStudyResponse> resumeStudy(
        dev.ashad.v1.ResumeStudyRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getResumeStudyMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Ends the study for good: running trials are told to stop at their next report.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.StopStudyResponse> stopStudy(
        dev.ashad.v1.StopStudyRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getStopStudyMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Deletes the study with all its trials and reports. It is gone at once and for good; its rows are
     * removed from the file bit by bit. Repeated, it is an echo, until there is a study of that name again.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.DeleteStudyResponse> deleteStudy(
        dev.ashad.v1.DeleteStudyRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getDeleteStudyMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Queues a configuration of the caller's own; it is handed out before any other new one.
     * Key: `request_id`.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.EnqueueTrialResponse> enqueueTrial(
        dev.ashad.v1.EnqueueTrialRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getEnqueueTrialMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Takes in finished trials of another tool with their values, as one event: they are never handed out, and no limit
     * counts them but `target_value`. Under asynchronous rules their values stand in the rungs of the first bracket, so
     * that what is trained here is compared with them. Key: `request_id`.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.ImportTrialsResponse> importTrials(
        dev.ashad.v1.ImportTrialsRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getImportTrialsMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Cancels a trial: a running one is told to stop at its next call.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.CancelTrialResponse> cancelTrial(
        dev.ashad.v1.CancelTrialRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getCancelTrialMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Sets the note of a study, adds and removes labels. Repeated, it changes nothing.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.AnnotateStudyResponse> annotateStudy(
        dev.ashad.v1.AnnotateStudyRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getAnnotateStudyMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Sets the note of a trial, in whatever state, adds and removes labels. Repeated, it changes nothing.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.AnnotateTrialResponse> annotateTrial(
        dev.ashad.v1.AnnotateTrialRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getAnnotateTrialMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * One trial, with its attempts.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.GetTrialResponse> getTrial(
        dev.ashad.v1.GetTrialRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getGetTrialMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * The best trial, by its best, last or smoothed value, with the report that says so.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.GetBestTrialResponse> getBestTrial(
        dev.ashad.v1.GetBestTrialRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getGetBestTrialMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Trials by number, paged.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.ListTrialsResponse> listTrials(
        dev.ashad.v1.ListTrialsRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getListTrialsMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Reports in the order they were committed, paged.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.ListReportsResponse> listReports(
        dev.ashad.v1.ListReportsRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getListReportsMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Checkpoints that no attempt will ever be resumed from, in the order in which they became so: all
     * that reports named, but for the latest one of a trial that is queued, running, paused or
     * completed, and of the best trial. Resumable by sequence number. Deletes nothing: a URI is opaque.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.ListObsoleteCheckpointsResponse> listObsoleteCheckpoints(
        dev.ashad.v1.ListObsoleteCheckpointsRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getListObsoleteCheckpointsMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Why a trial stands where it stands: each decision with the rung as it was at that moment.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.ExplainTrialResponse> explainTrial(
        dev.ashad.v1.ExplainTrialRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getExplainTrialMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * A study with a histogram of each of its rungs.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.SummarizeStudyResponse> summarizeStudy(
        dev.ashad.v1.SummarizeStudyRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getSummarizeStudyMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Some learning curves: of trials that run, of the best, and of others spread over the rungs that they reached.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.SampleCurvesResponse> sampleCurves(
        dev.ashad.v1.SampleCurvesRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getSampleCurvesMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Trials by columns: those that pass the filters, in the order asked for, paged.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.QueryTrialsResponse> queryTrials(
        dev.ashad.v1.QueryTrialsRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getQueryTrialsMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Where the best value so far became better, with what had been spent by then.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.ListBestStepsResponse> listBestSteps(
        dev.ashad.v1.ListBestStepsRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getListBestStepsMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * How much each parameter counts for a trial to be among the best.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.ashad.v1.GetParameterImportanceResponse> getParameterImportance(
        dev.ashad.v1.GetParameterImportanceRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getGetParameterImportanceMethod(), getCallOptions()), request);
    }
  }

  private static final int METHODID_CREATE_STUDY = 0;
  private static final int METHODID_GET_STUDY = 1;
  private static final int METHODID_LIST_STUDIES = 2;
  private static final int METHODID_LIST_QUOTAS = 3;
  private static final int METHODID_UPDATE_STUDY = 4;
  private static final int METHODID_CHANGE_SPACE = 5;
  private static final int METHODID_PAUSE_STUDY = 6;
  private static final int METHODID_RESUME_STUDY = 7;
  private static final int METHODID_STOP_STUDY = 8;
  private static final int METHODID_DELETE_STUDY = 9;
  private static final int METHODID_ENQUEUE_TRIAL = 10;
  private static final int METHODID_IMPORT_TRIALS = 11;
  private static final int METHODID_CANCEL_TRIAL = 12;
  private static final int METHODID_ANNOTATE_STUDY = 13;
  private static final int METHODID_ANNOTATE_TRIAL = 14;
  private static final int METHODID_GET_TRIAL = 15;
  private static final int METHODID_GET_BEST_TRIAL = 16;
  private static final int METHODID_LIST_TRIALS = 17;
  private static final int METHODID_LIST_REPORTS = 18;
  private static final int METHODID_LIST_OBSOLETE_CHECKPOINTS = 19;
  private static final int METHODID_EXPLAIN_TRIAL = 20;
  private static final int METHODID_WATCH_STUDY = 21;
  private static final int METHODID_SUMMARIZE_STUDY = 22;
  private static final int METHODID_SAMPLE_CURVES = 23;
  private static final int METHODID_QUERY_TRIALS = 24;
  private static final int METHODID_LIST_BEST_STEPS = 25;
  private static final int METHODID_GET_PARAMETER_IMPORTANCE = 26;

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
        case METHODID_CREATE_STUDY:
          serviceImpl.createStudy((dev.ashad.v1.CreateStudyRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.CreateStudyResponse>) responseObserver);
          break;
        case METHODID_GET_STUDY:
          serviceImpl.getStudy((dev.ashad.v1.GetStudyRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.GetStudyResponse>) responseObserver);
          break;
        case METHODID_LIST_STUDIES:
          serviceImpl.listStudies((dev.ashad.v1.ListStudiesRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.ListStudiesResponse>) responseObserver);
          break;
        case METHODID_LIST_QUOTAS:
          serviceImpl.listQuotas((dev.ashad.v1.ListQuotasRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.ListQuotasResponse>) responseObserver);
          break;
        case METHODID_UPDATE_STUDY:
          serviceImpl.updateStudy((dev.ashad.v1.UpdateStudyRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.UpdateStudyResponse>) responseObserver);
          break;
        case METHODID_CHANGE_SPACE:
          serviceImpl.changeSpace((dev.ashad.v1.ChangeSpaceRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.ChangeSpaceResponse>) responseObserver);
          break;
        case METHODID_PAUSE_STUDY:
          serviceImpl.pauseStudy((dev.ashad.v1.PauseStudyRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.PauseStudyResponse>) responseObserver);
          break;
        case METHODID_RESUME_STUDY:
          serviceImpl.resumeStudy((dev.ashad.v1.ResumeStudyRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.ResumeStudyResponse>) responseObserver);
          break;
        case METHODID_STOP_STUDY:
          serviceImpl.stopStudy((dev.ashad.v1.StopStudyRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.StopStudyResponse>) responseObserver);
          break;
        case METHODID_DELETE_STUDY:
          serviceImpl.deleteStudy((dev.ashad.v1.DeleteStudyRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.DeleteStudyResponse>) responseObserver);
          break;
        case METHODID_ENQUEUE_TRIAL:
          serviceImpl.enqueueTrial((dev.ashad.v1.EnqueueTrialRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.EnqueueTrialResponse>) responseObserver);
          break;
        case METHODID_IMPORT_TRIALS:
          serviceImpl.importTrials((dev.ashad.v1.ImportTrialsRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.ImportTrialsResponse>) responseObserver);
          break;
        case METHODID_CANCEL_TRIAL:
          serviceImpl.cancelTrial((dev.ashad.v1.CancelTrialRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.CancelTrialResponse>) responseObserver);
          break;
        case METHODID_ANNOTATE_STUDY:
          serviceImpl.annotateStudy((dev.ashad.v1.AnnotateStudyRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.AnnotateStudyResponse>) responseObserver);
          break;
        case METHODID_ANNOTATE_TRIAL:
          serviceImpl.annotateTrial((dev.ashad.v1.AnnotateTrialRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.AnnotateTrialResponse>) responseObserver);
          break;
        case METHODID_GET_TRIAL:
          serviceImpl.getTrial((dev.ashad.v1.GetTrialRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.GetTrialResponse>) responseObserver);
          break;
        case METHODID_GET_BEST_TRIAL:
          serviceImpl.getBestTrial((dev.ashad.v1.GetBestTrialRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.GetBestTrialResponse>) responseObserver);
          break;
        case METHODID_LIST_TRIALS:
          serviceImpl.listTrials((dev.ashad.v1.ListTrialsRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.ListTrialsResponse>) responseObserver);
          break;
        case METHODID_LIST_REPORTS:
          serviceImpl.listReports((dev.ashad.v1.ListReportsRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.ListReportsResponse>) responseObserver);
          break;
        case METHODID_LIST_OBSOLETE_CHECKPOINTS:
          serviceImpl.listObsoleteCheckpoints((dev.ashad.v1.ListObsoleteCheckpointsRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.ListObsoleteCheckpointsResponse>) responseObserver);
          break;
        case METHODID_EXPLAIN_TRIAL:
          serviceImpl.explainTrial((dev.ashad.v1.ExplainTrialRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.ExplainTrialResponse>) responseObserver);
          break;
        case METHODID_WATCH_STUDY:
          serviceImpl.watchStudy((dev.ashad.v1.WatchStudyRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.WatchStudyResponse>) responseObserver);
          break;
        case METHODID_SUMMARIZE_STUDY:
          serviceImpl.summarizeStudy((dev.ashad.v1.SummarizeStudyRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.SummarizeStudyResponse>) responseObserver);
          break;
        case METHODID_SAMPLE_CURVES:
          serviceImpl.sampleCurves((dev.ashad.v1.SampleCurvesRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.SampleCurvesResponse>) responseObserver);
          break;
        case METHODID_QUERY_TRIALS:
          serviceImpl.queryTrials((dev.ashad.v1.QueryTrialsRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.QueryTrialsResponse>) responseObserver);
          break;
        case METHODID_LIST_BEST_STEPS:
          serviceImpl.listBestSteps((dev.ashad.v1.ListBestStepsRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.ListBestStepsResponse>) responseObserver);
          break;
        case METHODID_GET_PARAMETER_IMPORTANCE:
          serviceImpl.getParameterImportance((dev.ashad.v1.GetParameterImportanceRequest) request,
              (io.grpc.stub.StreamObserver<dev.ashad.v1.GetParameterImportanceResponse>) responseObserver);
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
        default:
          throw new AssertionError();
      }
    }
  }

  public static final io.grpc.ServerServiceDefinition bindService(AsyncService service) {
    return io.grpc.ServerServiceDefinition.builder(getServiceDescriptor())
        .addMethod(
          getCreateStudyMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.CreateStudyRequest,
              dev.ashad.v1.CreateStudyResponse>(
                service, METHODID_CREATE_STUDY)))
        .addMethod(
          getGetStudyMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.GetStudyRequest,
              dev.ashad.v1.GetStudyResponse>(
                service, METHODID_GET_STUDY)))
        .addMethod(
          getListStudiesMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.ListStudiesRequest,
              dev.ashad.v1.ListStudiesResponse>(
                service, METHODID_LIST_STUDIES)))
        .addMethod(
          getListQuotasMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.ListQuotasRequest,
              dev.ashad.v1.ListQuotasResponse>(
                service, METHODID_LIST_QUOTAS)))
        .addMethod(
          getUpdateStudyMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.UpdateStudyRequest,
              dev.ashad.v1.UpdateStudyResponse>(
                service, METHODID_UPDATE_STUDY)))
        .addMethod(
          getChangeSpaceMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.ChangeSpaceRequest,
              dev.ashad.v1.ChangeSpaceResponse>(
                service, METHODID_CHANGE_SPACE)))
        .addMethod(
          getPauseStudyMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.PauseStudyRequest,
              dev.ashad.v1.PauseStudyResponse>(
                service, METHODID_PAUSE_STUDY)))
        .addMethod(
          getResumeStudyMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.ResumeStudyRequest,
              dev.ashad.v1.ResumeStudyResponse>(
                service, METHODID_RESUME_STUDY)))
        .addMethod(
          getStopStudyMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.StopStudyRequest,
              dev.ashad.v1.StopStudyResponse>(
                service, METHODID_STOP_STUDY)))
        .addMethod(
          getDeleteStudyMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.DeleteStudyRequest,
              dev.ashad.v1.DeleteStudyResponse>(
                service, METHODID_DELETE_STUDY)))
        .addMethod(
          getEnqueueTrialMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.EnqueueTrialRequest,
              dev.ashad.v1.EnqueueTrialResponse>(
                service, METHODID_ENQUEUE_TRIAL)))
        .addMethod(
          getImportTrialsMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.ImportTrialsRequest,
              dev.ashad.v1.ImportTrialsResponse>(
                service, METHODID_IMPORT_TRIALS)))
        .addMethod(
          getCancelTrialMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.CancelTrialRequest,
              dev.ashad.v1.CancelTrialResponse>(
                service, METHODID_CANCEL_TRIAL)))
        .addMethod(
          getAnnotateStudyMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.AnnotateStudyRequest,
              dev.ashad.v1.AnnotateStudyResponse>(
                service, METHODID_ANNOTATE_STUDY)))
        .addMethod(
          getAnnotateTrialMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.AnnotateTrialRequest,
              dev.ashad.v1.AnnotateTrialResponse>(
                service, METHODID_ANNOTATE_TRIAL)))
        .addMethod(
          getGetTrialMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.GetTrialRequest,
              dev.ashad.v1.GetTrialResponse>(
                service, METHODID_GET_TRIAL)))
        .addMethod(
          getGetBestTrialMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.GetBestTrialRequest,
              dev.ashad.v1.GetBestTrialResponse>(
                service, METHODID_GET_BEST_TRIAL)))
        .addMethod(
          getListTrialsMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.ListTrialsRequest,
              dev.ashad.v1.ListTrialsResponse>(
                service, METHODID_LIST_TRIALS)))
        .addMethod(
          getListReportsMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.ListReportsRequest,
              dev.ashad.v1.ListReportsResponse>(
                service, METHODID_LIST_REPORTS)))
        .addMethod(
          getListObsoleteCheckpointsMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.ListObsoleteCheckpointsRequest,
              dev.ashad.v1.ListObsoleteCheckpointsResponse>(
                service, METHODID_LIST_OBSOLETE_CHECKPOINTS)))
        .addMethod(
          getExplainTrialMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.ExplainTrialRequest,
              dev.ashad.v1.ExplainTrialResponse>(
                service, METHODID_EXPLAIN_TRIAL)))
        .addMethod(
          getWatchStudyMethod(),
          io.grpc.stub.ServerCalls.asyncServerStreamingCall(
            new MethodHandlers<
              dev.ashad.v1.WatchStudyRequest,
              dev.ashad.v1.WatchStudyResponse>(
                service, METHODID_WATCH_STUDY)))
        .addMethod(
          getSummarizeStudyMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.SummarizeStudyRequest,
              dev.ashad.v1.SummarizeStudyResponse>(
                service, METHODID_SUMMARIZE_STUDY)))
        .addMethod(
          getSampleCurvesMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.SampleCurvesRequest,
              dev.ashad.v1.SampleCurvesResponse>(
                service, METHODID_SAMPLE_CURVES)))
        .addMethod(
          getQueryTrialsMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.QueryTrialsRequest,
              dev.ashad.v1.QueryTrialsResponse>(
                service, METHODID_QUERY_TRIALS)))
        .addMethod(
          getListBestStepsMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.ListBestStepsRequest,
              dev.ashad.v1.ListBestStepsResponse>(
                service, METHODID_LIST_BEST_STEPS)))
        .addMethod(
          getGetParameterImportanceMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.ashad.v1.GetParameterImportanceRequest,
              dev.ashad.v1.GetParameterImportanceResponse>(
                service, METHODID_GET_PARAMETER_IMPORTANCE)))
        .build();
  }

  private static abstract class StudyServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoFileDescriptorSupplier, io.grpc.protobuf.ProtoServiceDescriptorSupplier {
    StudyServiceBaseDescriptorSupplier() {}

    @java.lang.Override
    public com.google.protobuf.Descriptors.FileDescriptor getFileDescriptor() {
      return dev.ashad.v1.Ashad.getDescriptor();
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.ServiceDescriptor getServiceDescriptor() {
      return getFileDescriptor().findServiceByName("StudyService");
    }
  }

  private static final class StudyServiceFileDescriptorSupplier
      extends StudyServiceBaseDescriptorSupplier {
    StudyServiceFileDescriptorSupplier() {}
  }

  private static final class StudyServiceMethodDescriptorSupplier
      extends StudyServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoMethodDescriptorSupplier {
    private final java.lang.String methodName;

    StudyServiceMethodDescriptorSupplier(java.lang.String methodName) {
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
      synchronized (StudyServiceGrpc.class) {
        result = serviceDescriptor;
        if (result == null) {
          serviceDescriptor = result = io.grpc.ServiceDescriptor.newBuilder(SERVICE_NAME)
              .setSchemaDescriptor(new StudyServiceFileDescriptorSupplier())
              .addMethod(getCreateStudyMethod())
              .addMethod(getGetStudyMethod())
              .addMethod(getListStudiesMethod())
              .addMethod(getListQuotasMethod())
              .addMethod(getUpdateStudyMethod())
              .addMethod(getChangeSpaceMethod())
              .addMethod(getPauseStudyMethod())
              .addMethod(getResumeStudyMethod())
              .addMethod(getStopStudyMethod())
              .addMethod(getDeleteStudyMethod())
              .addMethod(getEnqueueTrialMethod())
              .addMethod(getImportTrialsMethod())
              .addMethod(getCancelTrialMethod())
              .addMethod(getAnnotateStudyMethod())
              .addMethod(getAnnotateTrialMethod())
              .addMethod(getGetTrialMethod())
              .addMethod(getGetBestTrialMethod())
              .addMethod(getListTrialsMethod())
              .addMethod(getListReportsMethod())
              .addMethod(getListObsoleteCheckpointsMethod())
              .addMethod(getExplainTrialMethod())
              .addMethod(getWatchStudyMethod())
              .addMethod(getSummarizeStudyMethod())
              .addMethod(getSampleCurvesMethod())
              .addMethod(getQueryTrialsMethod())
              .addMethod(getListBestStepsMethod())
              .addMethod(getGetParameterImportanceMethod())
              .build();
        }
      }
    }
    return result;
  }
}
