package dev.ashad.client;

import dev.ashad.v1.CancelTrialRequest;
import dev.ashad.v1.ChangeSpaceRequest;
import dev.ashad.v1.CreateStudyRequest;
import dev.ashad.v1.DeleteStudyRequest;
import dev.ashad.v1.EnqueueTrialRequest;
import dev.ashad.v1.ExplainTrialRequest;
import dev.ashad.v1.ExplainTrialResponse;
import dev.ashad.v1.GetBestTrialRequest;
import dev.ashad.v1.GetBestTrialResponse;
import dev.ashad.v1.GetStudyRequest;
import dev.ashad.v1.GetTrialRequest;
import dev.ashad.v1.ListReportsRequest;
import dev.ashad.v1.ListReportsResponse;
import dev.ashad.v1.ListStudiesRequest;
import dev.ashad.v1.ListStudiesResponse;
import dev.ashad.v1.ListTrialsRequest;
import dev.ashad.v1.ListTrialsResponse;
import dev.ashad.v1.ParameterSpec;
import dev.ashad.v1.PauseStudyRequest;
import dev.ashad.v1.ResumeStudyRequest;
import dev.ashad.v1.StopStudyRequest;
import dev.ashad.v1.StoredReport;
import dev.ashad.v1.Study;
import dev.ashad.v1.StudyLimits;
import dev.ashad.v1.StudyServiceGrpc;
import dev.ashad.v1.StudySpec;
import dev.ashad.v1.TrialState;
import dev.ashad.v1.UpdateStudyRequest;
import io.grpc.MethodDescriptor;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What people and tools ask about studies; part of {@link Client}. The answers are the messages of
 * the contract. Every method throws {@link AshadException} for a refusal, and UNREACHABLE when the
 * time of {@link ClientBuilder#callTimeout} is over.
 */
public abstract class Studies {
  private static final int PAGE = 1000;

  Studies() {}

  abstract <Q, A> A ask(MethodDescriptor<Q, A> method, Q request);

  /**
   * Makes a study. The same name with an equal spec answers with what is there; with another spec
   * it is refused, and the message names what differs.
   */
  public Study createStudy(String name, StudySpec spec) {
    return createStudy(name, spec, false);
  }

  /** The same; {@code validateOnly} checks and answers as if, but makes nothing. */
  public Study createStudy(String name, StudySpec spec, boolean validateOnly) {
    CreateStudyRequest request =
        CreateStudyRequest.newBuilder()
            .setStudy(name)
            .setSpec(spec)
            .setRequestId(UUID.randomUUID().toString())
            .setValidateOnly(validateOnly)
            .build();
    return ask(StudyServiceGrpc.getCreateStudyMethod(), request).getStudy();
  }

  /** A study as it stands. */
  public Study study(String name) {
    GetStudyRequest request = GetStudyRequest.newBuilder().setStudy(name).build();
    return ask(StudyServiceGrpc.getGetStudyMethod(), request).getStudy();
  }

  /** All studies, by name; asked for page by page, anew for each iteration. */
  public Iterable<Study> studies() {
    ListStudiesRequest request = ListStudiesRequest.newBuilder().setPageSize(PAGE).build();
    return pages(
        token ->
            ask(
                StudyServiceGrpc.getListStudiesMethod(),
                request.toBuilder().setPageToken(token).build()),
        ListStudiesResponse::getStudiesList,
        ListStudiesResponse::getNextPageToken);
  }

  /**
   * Changes limits: those that are set, or those that are named. One that is named and not set is
   * removed.
   */
  public Study updateStudy(String name, StudyLimits limits, String... fields) {
    UpdateStudyRequest.Builder request =
        UpdateStudyRequest.newBuilder().setStudy(name).setLimits(limits);
    request.getUpdateMaskBuilder().addAllPaths(List.of(fields));
    return ask(StudyServiceGrpc.getUpdateStudyMethod(), request.build()).getStudy();
  }

  /**
   * Draws new trials from another space. The parameters given change or are added, all others stay
   * as they are. Refused where someone else has changed the space meanwhile.
   *
   * @param past the value of each added parameter that the trials until now had without it
   */
  public Study changeSpace(String name, Iterable<ParameterSpec> space, Map<String, ?> past) {
    return changeSpace(name, space, past, false);
  }

  /** The same; {@code validateOnly} checks the change and makes none. */
  public Study changeSpace(
      String name, Iterable<ParameterSpec> space, Map<String, ?> past, boolean validateOnly) {
    ChangeSpaceRequest.Builder request =
        ChangeSpaceRequest.newBuilder()
            .setStudy(name)
            .addAllPastValues(Params.configuration(past).getParamsList())
            .setRequestId(UUID.randomUUID().toString())
            .setValidateOnly(validateOnly);
    Study now = study(name);
    Map<String, ParameterSpec> all = new LinkedHashMap<>(); // one of that name keeps its place
    now.getSpec().getSpaceList().forEach(one -> all.put(one.getName(), one));
    space.forEach(one -> all.put(one.getName(), one));
    int versions = now.getSpaceVersionsCount();
    request
        .addAllSpace(all.values())
        .setIfVersion(versions == 0 ? 0 : now.getSpaceVersions(versions - 1).getVersion());
    return ask(StudyServiceGrpc.getChangeSpaceMethod(), request.build()).getStudy();
  }

  /** Hands out no more trials until resumed; running trials go on. */
  public Study pauseStudy(String name) {
    PauseStudyRequest request = PauseStudyRequest.newBuilder().setStudy(name).build();
    return ask(StudyServiceGrpc.getPauseStudyMethod(), request).getStudy();
  }

  /** Ends a pause. */
  public Study resumeStudy(String name) {
    ResumeStudyRequest request = ResumeStudyRequest.newBuilder().setStudy(name).build();
    return ask(StudyServiceGrpc.getResumeStudyMethod(), request).getStudy();
  }

  /** Ends a study for good: running trials are told to stop. */
  public Study stopStudy(String name) {
    StopStudyRequest request = StopStudyRequest.newBuilder().setStudy(name).build();
    return ask(StudyServiceGrpc.getStopStudyMethod(), request).getStudy();
  }

  /** Deletes a study with all its trials; refused while trials are running. */
  public void deleteStudy(String name) {
    deleteStudy(name, false);
  }

  /** Deletes a study with all its trials; {@code force} even while trials are running. */
  public void deleteStudy(String name, boolean force) {
    DeleteStudyRequest request =
        DeleteStudyRequest.newBuilder().setStudy(name).setForce(force).build();
    ask(StudyServiceGrpc.getDeleteStudyMethod(), request);
  }

  /**
   * The best result of a study so far; empty before the first valid report. Of a study that is
   * judged by fronts it is the best by the first objective alone: see {@link #front}.
   */
  public Optional<Best> best(String name) {
    GetBestTrialResponse found = bestTrial(name);
    return found.hasTrial()
        ? Optional.of(new Best(found.getTrial(), found.getReport(), found.getValue()))
        : Optional.empty();
  }

  /**
   * The trials of a study that no other dominates, by the first objective: of a study with
   * COMBINATION_PARETO, by the latest report of each trial. Empty before the first report, and of
   * any other study; at most 1000.
   */
  public List<Best> front(String name) {
    return bestTrial(name).getFrontList().stream()
        .map(one -> new Best(one.getTrial(), one.getReport(), one.getReport().getValue()))
        .collect(Collectors.toUnmodifiableList());
  }

  private GetBestTrialResponse bestTrial(String name) {
    GetBestTrialRequest request = GetBestTrialRequest.newBuilder().setStudy(name).build();
    return ask(StudyServiceGrpc.getGetBestTrialMethod(), request);
  }

  /** Queues a configuration of your own; a parameter left out is drawn. */
  public dev.ashad.v1.Trial enqueueTrial(String name, Map<String, ?> params) {
    EnqueueTrialRequest request =
        EnqueueTrialRequest.newBuilder()
            .setStudy(name)
            .setConfiguration(Params.configuration(params))
            .setRequestId(UUID.randomUUID().toString())
            .build();
    return ask(StudyServiceGrpc.getEnqueueTrialMethod(), request).getTrial();
  }

  /** Cancels a trial; a running one is told to stop at its next call. */
  public dev.ashad.v1.Trial cancelTrial(String name, long trial) {
    CancelTrialRequest request =
        CancelTrialRequest.newBuilder().setStudy(name).setTrial(trial).build();
    return ask(StudyServiceGrpc.getCancelTrialMethod(), request).getTrial();
  }

  /** A trial as it stands. */
  public dev.ashad.v1.Trial getTrial(String name, long trial) {
    GetTrialRequest request = GetTrialRequest.newBuilder().setStudy(name).setTrial(trial).build();
    return ask(StudyServiceGrpc.getGetTrialMethod(), request).getTrial();
  }

  /** The trials by number, all or those in some states; asked for page by page. */
  public Iterable<dev.ashad.v1.Trial> listTrials(String name, TrialState... states) {
    ListTrialsRequest request =
        ListTrialsRequest.newBuilder()
            .setStudy(name)
            .setPageSize(PAGE)
            .addAllStates(List.of(states))
            .build();
    return pages(
        token ->
            ask(
                StudyServiceGrpc.getListTrialsMethod(),
                request.toBuilder().setPageToken(token).build()),
        ListTrialsResponse::getTrialsList,
        ListTrialsResponse::getNextPageToken);
  }

  /** The reports of a study in the order they were committed; asked for page by page. */
  public Iterable<StoredReport> listReports(String name) {
    return reports(ListReportsRequest.newBuilder().setStudy(name));
  }

  /** The reports of one trial. */
  public Iterable<StoredReport> listReports(String name, long trial) {
    return reports(ListReportsRequest.newBuilder().setStudy(name).setTrial(trial));
  }

  private Iterable<StoredReport> reports(ListReportsRequest.Builder which) {
    ListReportsRequest request = which.setPageSize(PAGE).build();
    return pages(
        token ->
            ask(
                StudyServiceGrpc.getListReportsMethod(),
                request.toBuilder().setPageToken(token).build()),
        ListReportsResponse::getReportsList,
        ListReportsResponse::getNextPageToken);
  }

  /** Each decision about a trial at a rung, with the rung as it was. */
  public ExplainTrialResponse explainTrial(String name, long trial) {
    ExplainTrialRequest request =
        ExplainTrialRequest.newBuilder().setStudy(name).setTrial(trial).build();
    return ask(StudyServiceGrpc.getExplainTrialMethod(), request);
  }

  private static <P, T> Iterable<T> pages(
      Function<String, P> fetch, Function<P, List<T>> content, Function<P, String> next) {
    return () ->
        new Iterator<>() {
          private Iterator<T> page = List.<T>of().iterator();
          private String token = ""; // null: that was the last page

          @Override
          public boolean hasNext() {
            while (!page.hasNext() && token != null) {
              P fetched = fetch.apply(token);
              page = content.apply(fetched).iterator();
              token = next.apply(fetched).isEmpty() ? null : next.apply(fetched);
            }
            return page.hasNext();
          }

          @Override
          public T next() {
            if (!hasNext()) {
              throw new NoSuchElementException();
            }
            return page.next();
          }
        };
  }
}
