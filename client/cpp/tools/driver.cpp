// Speaks for the C++ client in tests/contract/conversations: a line in, a line out.

#include <ashad/client.hpp>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <map>
#include <sstream>
#include <thread>

#include "ashad/v1/ashad.pb.h"

namespace {

using Words = std::vector<std::string>;
using std::to_string;

std::map<std::string, ashad::Client> clients;
std::map<std::string, ashad::Trial> trials;  // the one that each holds
std::map<std::string, ashad::Replicates> joined_by;
std::map<std::string, ashad::Meter> meters;

std::pair<std::string, std::string> cut(const std::string& text, char at) {
  const auto place = text.find(at);
  return {text.substr(0, place), place == std::string::npos ? "" : text.substr(place + 1)};
}

std::string hexed(double number) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &number, sizeof bits);
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(bits));
  return text;
}

std::string decoded(const std::string& base64) {
  static const std::string digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned held = 0, bits = 0;
  for (const char c : base64.substr(0, base64.find('='))) {
    held = held << 6 | static_cast<unsigned>(digits.find(c));
    if ((bits += 6) >= 8) bytes += static_cast<char>(held >> (bits -= 8));
  }
  return bytes;
}

ashad::Value native(const std::string& text) {
  const auto [kind, rest] = cut(text, ':');
  if (kind == "int") return std::int64_t{std::stoll(rest)};
  if (kind == "bool") return rest == "true";
  if (kind == "str") return rest;
  const std::uint64_t bits = std::stoull(rest, nullptr, 16);
  double number = 0;
  std::memcpy(&number, &bits, sizeof bits);
  return number;
}

std::string typed(const ashad::Value& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return "int:" + to_string(*whole);
  if (const auto* real = std::get_if<double>(&value)) return "float:" + hexed(*real);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "bool:true" : "bool:false";
  return "str:" + std::get<std::string>(value);
}

std::string shown(const ashad::Decision& told) {
  std::string text =
      std::string(to_string(told.action)) + " " + (told.reason.empty() ? "-" : told.reason);
  if (told.rung)
    text += " rung " + to_string(*told.rung) + " level " + to_string(told.level) + " rank " +
            to_string(told.rank) + " of " + to_string(told.size) + " quota " +
            to_string(told.quota);
  if (told.next_resource != 0) text += " next " + to_string(told.next_resource);
  if (told.late) text += " late";
  if (told.current_attempt != 0) text += " current " + to_string(told.current_attempt);
  return text;
}

std::string state_of(const ashad::v1::Trial& trial) {
  return ashad::v1::TrialState_Name(trial.state()).substr(std::strlen("TRIAL_STATE_"));
}

template <class Items, class Show>
std::string joined(const Items& items, Show show) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : " ") + show(item);
  return text.empty() ? "none" : text;
}

std::string change_space(ashad::Client& client, const std::string& study,
                         const std::string& change) {
  ashad::v1::ChangeSpaceRequest asked;
  if (!asked.ParseFromString(decoded(change))) throw std::runtime_error("no change: " + change);
  ashad::Params past;
  for (const auto& one : asked.past_values()) past.add(one.name(), one.value().double_value());
  const auto found = client.change_space(study, {asked.space().begin(), asked.space().end()}, past,
                                         asked.validate_only());
  const auto& version = *found.space_versions().rbegin();
  return "version " + to_string(version.version()) + " from trial " +
         to_string(version.first_trial()) + ": " +
         joined(found.spec().space(), [](const auto& one) { return one.name(); });
}

std::string point(ashad::Best best) {
  std::string text =
      to_string(best.trial) + "@" + to_string(best.resource) + ":" + hexed(best.value);
  std::sort(best.metrics.begin(), best.metrics.end());
  for (const auto& [name, value] : best.metrics) text += "," + name + "=" + hexed(value);
  return text + (best.checkpoint.empty() ? "" : "@" + best.checkpoint);
}

std::string suggest(const std::string& name, const std::string& study) try {
  auto trial = clients.at(name).suggest(study, std::chrono::seconds(1));
  if (!trial) return "finished";
  const std::string resume = trial->resume_checkpoint();
  std::string text = "trial " + to_string(trial->number()) + " attempt " +
                     to_string(trial->attempt()) + " from " + to_string(trial->start_resource()) +
                     " to " + to_string(trial->target_resource()) +
                     (resume.empty() ? "" : " checkpoint " + resume);
  trials.insert_or_assign(name, std::move(*trial));
  return text;
} catch (const ashad::Error& error) {
  if (error.reason() == "NO_TRIAL") return "wait";
  throw;
}

std::string report(ashad::Trial& trial, const Words& words) {
  ashad::Metrics metrics;
  std::string checkpoint;
  if (words[3] != "none")
    metrics.emplace_back(trial.metric(), std::strtod(words[3].c_str(), nullptr));
  for (std::size_t i = 4; i < words.size(); ++i) {
    const auto [key, text] = cut(words[i], '=');
    if (key == "checkpoint")
      checkpoint = text;
    else
      metrics.emplace_back(key, std::strtod(text.c_str(), nullptr));
  }
  return shown(trial.report(std::stoll(words[2]), metrics, checkpoint));
}

std::string replicate(ashad::Trial& trial, ashad::Replicates& replicates, const Words& words) {
  ashad::Metrics metrics;
  for (std::size_t i = 3; i < words.size(); ++i) {
    const auto [key, text] = cut(words[i], '=');
    metrics.emplace_back(key, std::strtod(text.c_str(), nullptr));
  }
  const auto told = replicates.add(metrics);
  const auto decision = trial.report(std::stoll(words[2]), told.metrics, told.checkpoint);
  return joined(told.metrics, [](const auto& one) { return one.first + "=" + hexed(one.second); }) +
         " " + shown(decision);
}

std::string spend(ashad::Meter& meter, const Words& words) {
  if (words.size() > 2) meter.add(std::strtod(words[2].c_str(), nullptr));
  return to_string(meter.resource()) + (meter.due() ? " due" : "");
}

std::string await_clock(const ashad::Trial& trial, ashad::Seconds unit) {
  const auto begun = std::chrono::steady_clock::now();
  const auto clock = trial.clock(unit);
  while (!clock.due()) {
  }
  return std::chrono::steady_clock::now() - begun < unit ? "early" : "ok";
}

std::string await_stop(const ashad::Trial& trial) {
  for (int i = 0; i < 1000; ++i) {
    if (const auto decision = trial.decision(); decision.should_stop()) return shown(decision);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return "still running";
}

std::string loop(ashad::Client& client, const std::string& study, int milliseconds) {
  int count = 0, reports = 0;
  for (auto& trial : client.trials(study)) {
    ++count;
    for (const auto step : trial.steps()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
      trial.report(step, static_cast<double>(trial.number() * 7919 % 1009) / 1009 +
                             1.0 / static_cast<double>(step));
      ++reports;
    }
  }
  return "trials " + to_string(count) + " reports " + to_string(reports);
}

std::string answer(const std::string& line) {
  std::istringstream stream(line);
  Words words;
  for (std::string word; std::getline(stream, word, ' ');) words.push_back(word);
  const std::string verb = words.at(0), name = words.at(1),
                    study = words.size() > 2 ? words[2] : "";
  const auto number = [&](std::size_t i) { return std::stoll(words.at(i)); };
  const auto rest = [&] { return line.substr(verb.size() + name.size() + 2); };
  if (verb == "client") {
    ashad::Options options;
    options.worker = study;
    return clients.insert_or_assign(name, ashad::connect(options)), "ok";
  }
  auto& client = clients.at(name);
  if (verb == "create_study") {
    ashad::v1::StudySpec spec;
    if (!spec.ParseFromString(decoded(words.at(3))))
      throw std::runtime_error("no StudySpec: " + line);
    return client.create_study(study, spec), "ok";
  }
  if (verb == "study") {
    const auto found = client.study(study);
    return ashad::v1::StudyState_Name(found.state()).substr(std::strlen("STUDY_STATE_")) +
           " trials " + to_string(found.counts().created()) + " running " +
           to_string(found.counts().running());
  }
  if (verb == "studies")
    return joined(client.studies(), [](const auto& one) { return one.name(); });
  if (verb == "update_study") {
    ashad::v1::StudyLimits limits;
    limits.set_max_trials(number(3));
    return client.update_study(study, limits), "ok";
  }
  if (verb == "change_space") return change_space(client, study, words.at(3));
  if (verb == "pause_study") return client.pause_study(study), "ok";
  if (verb == "resume_study") return client.resume_study(study), "ok";
  if (verb == "stop_study") return client.stop_study(study), "ok";
  if (verb == "delete_study") return client.delete_study(study, words.size() > 3), "ok";
  if (verb == "best") {
    const auto best = client.best(study);
    if (!best) return "none";
    return "trial " + to_string(best->trial) + " at " + to_string(best->resource) + " " +
           hexed(best->value) + " seed " + to_string(best->seed);
  }
  if (verb == "front") return joined(client.front(study), point);
  if (verb == "enqueue_trial") {
    ashad::Params params;
    for (std::size_t i = 3; i < words.size(); ++i) {
      const auto [key, text] = cut(words[i], '=');
      params.add(key, native(text));
    }
    return "trial " + to_string(client.enqueue_trial(study, params).trial());
  }
  if (verb == "cancel_trial") return state_of(client.cancel_trial(study, number(3)));
  if (verb == "get_trial") {
    const auto trial = client.get_trial(study, number(3));
    return state_of(trial) + " " + (trial.reason().empty() ? "-" : trial.reason()) + " attempt " +
           to_string(trial.attempt()) + " resource " + to_string(trial.resource());
  }
  if (verb == "list_trials")
    return joined(client.list_trials(study),
                  [](const auto& t) { return to_string(t.trial()) + ":" + state_of(t); });
  if (verb == "list_reports")
    return joined(client.list_reports(study), [](const auto& r) {
      return to_string(r.trial()) + "/" + to_string(r.attempt()) + "@" + to_string(r.resource());
    });
  if (verb == "explain_trial")
    return to_string(client.explain_trial(study, number(3)).explanations_size()) + " explanations";
  if (verb == "suggest") return suggest(name, study);
  if (verb == "loop") return loop(client, study, words.size() > 3 ? std::stoi(words[3]) : 0);
  if (verb == "close") return client.close(), "ok";
  if (verb == "should_stop" && words.size() > 2)
    return client.should_stop(study, number(3), static_cast<std::int32_t>(number(4))) ? "true"
                                                                                      : "false";
  auto& trial = trials.at(name);
  if (verb == "should_stop") return trial.should_stop() ? "true" : "false";
  if (verb == "params")
    return joined(trial.params(), [](const auto& p) { return p.first + "=" + typed(p.second); });
  if (verb == "steps") return joined(trial.steps(), [](auto step) { return to_string(step); });
  if (verb == "report") return report(trial, words);
  const auto real = [&](std::size_t i) { return std::strtod(words.at(i).c_str(), nullptr); };
  if (verb == "replicates") {
    const auto quantile = study.empty() ? std::nullopt : std::optional(real(2));
    return joined_by.insert_or_assign(name, trial.replicates(quantile)), "ok";
  }
  if (verb == "replicate") return replicate(trial, joined_by.at(name), words);
  if (verb == "replicate_seed") return to_string(joined_by.at(name).seed(number(2)));
  if (verb == "meter") return meters.insert_or_assign(name, trial.meter(real(2), number(3))), "ok";
  if (verb == "clock")
    return meters.insert_or_assign(name, trial.clock(ashad::Seconds(real(2)), number(3))), "ok";
  if (verb == "spend") return spend(meters.at(name), words);
  if (verb == "await_clock") return await_clock(trial, ashad::Seconds(real(2)));
  if (verb == "await_stop") return await_stop(trial);
  if (verb == "complete") return trial.complete(), "ok";
  if (verb == "release") return trial.release(), "ok";
  if (verb == "fail") return trial.fail(rest()), "ok";
  if (verb == "infeasible") return trial.infeasible(rest()), "ok";
  throw std::runtime_error("no such verb: " + line);
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::string told;
    try {
      told = answer(line);
    } catch (const ashad::Error& error) {
      std::cerr << "error: " << error.what() << std::endl;
      told = "error " + error.code() + " " + (error.reason().empty() ? "-" : error.reason());
    }
    std::cout << told << std::endl;
  }
  clients.clear();  // gives back what is held
}
