// The calls about studies: the words of the contract. Lists are read page by page.

#include <algorithm>
#include <cctype>

#include "ashad/v1/ashad.pb.h"
#include "session.hpp"

namespace ashad {
namespace {

using detail::Tool;

constexpr std::int32_t kPage = 1000;

template <class Request>
Request about(const std::string& study) {
  Request request;
  request.set_study(study);
  return request;
}

template <class Request>
Request about(const std::string& study, std::int64_t trial) {
  auto request = about<Request>(study);
  request.set_trial(trial);
  return request;
}

// Asks for page after page; `items` takes a page apart.
template <class Item, class Method, class Request, class Items>
std::vector<Item> pages(detail::Session& session, Method method, Request request, Items items) {
  std::vector<Item> all;
  request.set_page_size(kPage);
  do {
    auto page = session.ask_study(method, request);
    auto* found = items(page);
    all.insert(all.end(), std::make_move_iterator(found->begin()),
               std::make_move_iterator(found->end()));
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return all;
}

void write(v1::ParameterValue* message, const Value& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) message->set_int_value(*whole);
  if (const auto* real = std::get_if<double>(&value)) message->set_double_value(*real);
  if (const auto* text = std::get_if<std::string>(&value)) message->set_string_value(*text);
  if (const auto* flag = std::get_if<bool>(&value)) message->set_bool_value(*flag);
}

v1::Parameter parameter(const std::string& name, const Value& value) {
  v1::Parameter made;
  made.set_name(name);
  write(made.mutable_value(), value);
  return made;
}

Best best_of(const v1::Trial& trial, const v1::StoredReport& report) {
  Best best{trial.trial(),          report.resource(),
            report.value(),         detail::native(trial.params()),
            trial.seed(),           {},
            report.checkpoint_uri()};
  for (const auto& metric : report.metrics())
    best.metrics.emplace_back(metric.name(), metric.value());
  return best;
}

}  // namespace

v1::Study Client::create_study(const std::string& name, const v1::StudySpec& spec,
                               bool validate_only) {
  auto request = about<v1::CreateStudyRequest>(name);
  *request.mutable_spec() = spec;
  request.set_request_id(detail::uuid());
  request.set_validate_only(validate_only);
  return session_->ask_study(&Tool::CreateStudy, request).study();
}

v1::Study Client::study(const std::string& name) {
  return session_->ask_study(&Tool::GetStudy, about<v1::GetStudyRequest>(name)).study();
}

std::vector<v1::Study> Client::studies() {
  return pages<v1::Study>(*session_, &Tool::ListStudies, v1::ListStudiesRequest{},
                          [](auto& page) { return page.mutable_studies(); });
}

v1::Study Client::update_study(const std::string& name, const v1::StudyLimits& limits,
                               const std::vector<std::string>& fields) {
  auto request = about<v1::UpdateStudyRequest>(name);
  *request.mutable_limits() = limits;
  for (const auto& field : fields) request.mutable_update_mask()->add_paths(field);
  return session_->ask_study(&Tool::UpdateStudy, request).study();
}

v1::Study Client::change_space(const std::string& name, const std::vector<v1::ParameterSpec>& space,
                               const Params& past, bool validate_only) {
  const v1::Study now = study(name);
  auto request = about<v1::ChangeSpaceRequest>(name);
  *request.mutable_space() = now.spec().space();
  for (const auto& change : space) {
    auto* all = request.mutable_space();
    const auto same = [&](const auto& one) { return one.name() == change.name(); };
    const auto found = std::find_if(all->begin(), all->end(), same);
    (found == all->end() ? *all->Add() : *found) = change;
  }
  for (const auto& [added, value] : past) *request.add_past_values() = parameter(added, value);
  request.set_request_id(detail::uuid());
  if (!now.space_versions().empty())
    request.set_if_version(now.space_versions().rbegin()->version());
  request.set_validate_only(validate_only);
  return session_->ask_study(&Tool::ChangeSpace, request).study();
}

v1::Study Client::pause_study(const std::string& name) {
  return session_->ask_study(&Tool::PauseStudy, about<v1::PauseStudyRequest>(name)).study();
}

v1::Study Client::resume_study(const std::string& name) {
  return session_->ask_study(&Tool::ResumeStudy, about<v1::ResumeStudyRequest>(name)).study();
}

v1::Study Client::stop_study(const std::string& name) {
  return session_->ask_study(&Tool::StopStudy, about<v1::StopStudyRequest>(name)).study();
}

void Client::delete_study(const std::string& name, bool force) {
  auto request = about<v1::DeleteStudyRequest>(name);
  request.set_force(force);
  session_->ask_study(&Tool::DeleteStudy, request);
}

std::optional<Best> Client::best(const std::string& name) {
  const auto found = session_->ask_study(&Tool::GetBestTrial, about<v1::GetBestTrialRequest>(name));
  if (!found.has_trial()) return {};
  Best best = best_of(found.trial(), found.report());
  best.value = found.value();
  return best;
}

std::vector<Best> Client::front(const std::string& name) {
  const auto found = session_->ask_study(&Tool::GetBestTrial, about<v1::GetBestTrialRequest>(name));
  std::vector<Best> front;
  for (const auto& one : found.front()) front.push_back(best_of(one.trial(), one.report()));
  return front;
}

v1::Trial Client::enqueue_trial(const std::string& name, const Params& params) {
  auto request = about<v1::EnqueueTrialRequest>(name);
  for (const auto& [given, value] : params)
    *request.mutable_configuration()->add_params() = parameter(given, value);
  request.set_request_id(detail::uuid());
  return session_->ask_study(&Tool::EnqueueTrial, request).trial();
}

v1::Trial Client::cancel_trial(const std::string& name, std::int64_t trial) {
  return session_->ask_study(&Tool::CancelTrial, about<v1::CancelTrialRequest>(name, trial))
      .trial();
}

v1::Trial Client::get_trial(const std::string& name, std::int64_t trial) {
  return session_->ask_study(&Tool::GetTrial, about<v1::GetTrialRequest>(name, trial)).trial();
}

std::vector<v1::Trial> Client::list_trials(const std::string& name,
                                           const std::vector<std::string>& states) {
  auto request = about<v1::ListTrialsRequest>(name);
  for (const auto& state : states) {
    v1::TrialState number{};
    if (!v1::TrialState_Parse("TRIAL_STATE_" + state, &number))
      throw detail::invalid("states: no " + state + "; one of RUNNING, PAUSED, ..., please");
    request.add_states(number);
  }
  return pages<v1::Trial>(*session_, &Tool::ListTrials, request,
                          [](auto& page) { return page.mutable_trials(); });
}

std::vector<v1::StoredReport> Client::list_reports(const std::string& name,
                                                   std::optional<std::int64_t> trial) {
  auto request = about<v1::ListReportsRequest>(name);
  if (trial) request.set_trial(*trial);
  return pages<v1::StoredReport>(*session_, &Tool::ListReports, request,
                                 [](auto& page) { return page.mutable_reports(); });
}

v1::ExplainTrialResponse Client::explain_trial(const std::string& name, std::int64_t trial) {
  return session_->ask_study(&Tool::ExplainTrial, about<v1::ExplainTrialRequest>(name, trial));
}

}  // namespace ashad
