#include "apps/study/crew.h"

#include <poll.h>

#include <algorithm>

namespace norma {
namespace {

constexpr int kTickMilliseconds = 100;

constexpr int kAttemptsBesideOthers = 2;

Json failed(const Trial& trial, const std::string& reason) {
  return {{"trial", trial.id}, {"status", "failed"}, {"reason", reason}};
}

}  // namespace

std::string Mode::str() const {
  const std::string each = std::to_string(threads) + (threads == 1 ? " thread" : " threads");
  if (workers == 1) return "one trial at a time on " + each;
  return std::to_string(workers) + " trials side by side, " + each + " each";
}

Crew::Crew(std::string program, const Mode& mode)
    : program_(std::move(program)), mode_(mode), seats_(static_cast<size_t>(mode.workers)) {}

void Crew::start(Seat& seat) {
  if (!seat.worker) seat.worker = std::make_unique<Worker>(program_, mode_.threads);
  seat.begun = std::chrono::steady_clock::now();
  seat.progress = {};
  ++seat.attempts;
  seat.worker->send(seat.task->order);  // a worker that is gone shows when it is listened to
}

void Crew::hand_out(const std::function<std::optional<Task>()>& next) {
  if (!alone_.empty()) {
    if (std::any_of(seats_.begin(), seats_.end(), [](const Seat& seat) { return seat.task; }))
      return;
    seats_[0].task = std::move(alone_.front());
    seats_[0].attempts = kAttemptsBesideOthers;
    alone_.pop_front();
    start(seats_[0]);
    return;
  }
  for (Seat& seat : seats_) {
    if (seat.task) continue;
    seat.task = next();
    if (!seat.task) return;
    seat.attempts = 0;
    start(seat);
  }
}

std::optional<Json> Crew::result_in(Seat& seat, const std::vector<Json>& answers) {
  for (const Json& answer : answers) {
    if (answer.contains("result")) return answer["result"];
    if (answer.contains("error"))
      return failed(seat.task->trial, answer["error"].get<std::string>());
    if (answer.contains("step"))
      seat.progress = {answer["step"].get<int64_t>(), answer["steps"].get<int64_t>(),
                       answer["loss"].is_number() ? answer["loss"].get<double>() : 0};
  }
  return std::nullopt;
}

std::optional<Json> Crew::after_death(Seat& seat) {
  const std::string how = seat.worker->end();
  seat.worker.reset();
  if (seat.attempts < kAttemptsBesideOthers) {
    start(seat);
  } else if (seat.attempts == kAttemptsBesideOthers && seats_.size() > 1) {
    alone_.push_back(std::move(*seat.task));
    seat.task.reset();
  } else {
    Json line = failed(seat.task->trial, "its process " + how + ", again and again");
    line["died"] = true;
    return line;
  }
  return std::nullopt;
}

void Crew::run(const std::function<std::optional<Task>()>& next,
               const std::function<void(const Task&, const Json&, double)>& done,
               const std::function<bool()>& tick) {
  for (;;) {
    hand_out(next);
    std::vector<pollfd> watched;
    std::vector<Seat*> busy;
    for (Seat& seat : seats_)
      if (seat.task) {
        watched.push_back({seat.worker->fd(), POLLIN, 0});
        busy.push_back(&seat);
      }
    if (busy.empty() || !tick()) return;
    poll(watched.data(), watched.size(), kTickMilliseconds);
    for (size_t i = 0; i < busy.size(); ++i) {
      if (!(watched[i].revents & (POLLIN | POLLHUP | POLLERR))) continue;
      Seat& seat = *busy[i];
      std::vector<Json> answers;
      const bool alive = seat.worker->receive(answers);
      const std::optional<Json> line = alive ? result_in(seat, answers) : after_death(seat);
      if (!line) continue;
      const Task task = std::move(*seat.task);
      seat.task.reset();
      done(task, *line,
           std::chrono::duration<double>(std::chrono::steady_clock::now() - seat.begun).count());
    }
  }
}

std::vector<Mode> possible_modes(int cores) {
  std::vector<Mode> modes;
  for (int workers = 1; workers <= cores; workers *= 2) modes.push_back({workers, cores / workers});
  if (modes.back().workers != cores) modes.push_back({cores, 1});
  return modes;
}

namespace {

// One mode's workers, each with the same training, to be timed in turns with the other modes'.
class Timed {
 public:
  Timed(const std::string& program, const Json& config, const Mode& mode) : mode_(mode) {
    for (int i = 0; i < mode.workers; ++i) {
      workers_.push_back(std::make_unique<Worker>(program, mode.threads));
      workers_.back()->send({{"prepare", config}});
    }
    for (const auto& worker : workers_) worker->answer();
  }

  void train_for(double seconds) {
    for (const auto& worker : workers_) worker->send({{"train_for", seconds}});
    double rate = 0;
    for (const auto& worker : workers_) {
      const Json answer = worker->answer();
      rate += answer.at("steps").get<double>() / answer.at("seconds").get<double>();
    }
    best_ = std::max(best_, rate);
  }

  void forget() { best_ = 0; }
  // Of its best round: what disturbs a measurement only ever slows it.
  ModeRate rate() const { return {mode_, best_}; }

 private:
  Mode mode_;
  std::vector<std::unique_ptr<Worker>> workers_;
  double best_ = 0;
};

}  // namespace

std::vector<ModeRate> measure_modes(const std::string& program, const Json& config,
                                    const std::vector<Mode>& modes, double steps) {
  constexpr int kRounds = 6;
  constexpr double kShareOfStudy = 0.04, kMostSeconds = 12, kShortRound = 0.05;
  std::vector<Timed> contest;
  for (const Mode& mode : modes) contest.emplace_back(program, config, mode);
  const auto rates = [&] {
    std::vector<ModeRate> all;
    for (const Timed& each : contest) all.push_back(each.rate());
    return all;
  };

  // A short round says how long the study will take, and so how long measuring it may.
  for (Timed& each : contest) each.train_for(kShortRound);
  const auto first = rates();
  const double expected = steps / fastest(first).steps_per_second;
  const double round = std::min(kMostSeconds, kShareOfStudy * expected) /
                       static_cast<double>(kRounds * modes.size());
  if (round < kShortRound) return first;
  for (Timed& each : contest) each.forget();
  for (int i = 0; i < kRounds; ++i)
    for (Timed& each : contest) each.train_for(round);
  return rates();
}

ModeRate fastest(const std::vector<ModeRate>& rates) {
  return *std::max_element(rates.begin(), rates.end(), [](const ModeRate& a, const ModeRate& b) {
    return a.steps_per_second < b.steps_per_second;
  });
}

}  // namespace norma
