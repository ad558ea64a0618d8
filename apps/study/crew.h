#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "apps/study/trial.h"
#include "apps/study/worker.h"

namespace norma {

// How a study uses the machine: so many trials side by side, each on so many threads.
struct Mode {
  int workers = 1, threads = 1;
  std::string str() const;  // "2 trials side by side, 1 thread each"
};

// Workers that carry out trials side by side.
class Crew {
 public:
  Crew(std::string program, const Mode& mode);

  struct Task {
    Trial trial;
    Json order;
  };
  // What one worker is at.
  struct Seat {
    std::unique_ptr<Worker> worker;
    std::optional<Task> task;
    int attempts = 0;
    std::chrono::steady_clock::time_point begun;
    TrialProgress progress;
  };

  const Mode& mode() const { return mode_; }
  const std::vector<Seat>& seats() const { return seats_; }

  // Carries out tasks until `next` has none and none is under way. `next` is asked whenever a
  // worker is free, and may have more later, when `done` has been told of a result. `tick` is
  // called several times a second; when it returns false everything is left as it is.
  //
  // A trial whose worker dies is tried once more, and then by itself, with no other beside it that
  // takes memory. Dying again is its result, with the status "failed" and "died"; so is an error
  // that it reports, without "died".
  void run(const std::function<std::optional<Task>()>& next,
           const std::function<void(const Task&, const Json& line, double seconds)>& done,
           const std::function<bool()>& tick);

 private:
  void start(Seat& seat);
  void hand_out(const std::function<std::optional<Task>()>& next);
  // The result of a seat's task, where an answer of its worker holds one.
  std::optional<Json> result_in(Seat& seat, const std::vector<Json>& answers);
  std::optional<Json> after_death(Seat& seat);

  std::string program_;
  Mode mode_;
  std::vector<Seat> seats_;
  std::deque<Task> alone_;  // to be tried by themselves
};

// All ways of cutting the cores: 1×n, 2×(n/2) … n×1.
std::vector<Mode> possible_modes(int cores);

struct ModeRate {
  Mode mode;
  double steps_per_second = 0;  // of all workers together
};
// How fast each mode trains `config`, tried in turns; results do not depend on the mode. `steps`
// are what remains to be done: measuring takes at most a few hundredths of their time, 12 s at the
// most, and a study of a minute is judged by a glance at each mode.
std::vector<ModeRate> measure_modes(const std::string& program, const Json& config,
                                    const std::vector<Mode>& modes, double steps);
ModeRate fastest(const std::vector<ModeRate>& rates);

}  // namespace norma
