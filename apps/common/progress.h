#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "apps/common/terminal.h"

namespace norma {

// How far something is, for one line of text.
struct ProgressView {
  std::string label;  // train
  int64_t done = 0, total = 0;
  std::string text;          // loss 1.234
  double rate = 0;           // per second; 0 = unknown
  std::string unit;          // what the rate counts: tokens
  double seconds_left = -1;  // negative = unknown
};

// "train 62% ▕█████▌   ▏  1240/2000  loss 1.234  0:41 left  12.3k tokens/s", in at most `width`
// columns: where there is too little room, the bar shrinks and goes, then the last parts.
// `blocks`: draw the bar of block characters rather than ASCII.
std::string progress_bar_line(const ProgressView& view, int width, bool blocks);

// The same for a log: "train  1240/2000  loss 1.234  0:41 left  12.3k tokens/s  (62%)".
std::string progress_log_line(const ProgressView& view);

// Steps per second over the last half minute, so that time left follows a change of pace but not
// each hiccup.
class RateMeter {
 public:
  void add(double seconds, int64_t done);
  // 0 until two different times are known.
  double rate() const;

 private:
  struct Mark {
    double seconds;
    int64_t done;
  };
  std::deque<Mark> marks_;
};

// The progress of a long loop. On a terminal it is one line, rewritten at most ten times a second;
// in a log, a line now and then: after 2 s, and then at intervals that grow with the time taken,
// from 10 s to 5 min. A call costs a look at the clock.
class Progress {
 public:
  struct Options {
    std::string label;  // train
    int64_t total = 0;  // steps
    int64_t start = 0;  // steps done before, in a resumed run
    std::string unit = "steps";
    double units_per_step = 1;  // what a step does of the unit: tokens of a batch
    bool quiet = false;         // shows nothing
  };
  explicit Progress(Options options);
  ~Progress();  // takes the line away if finish() was never called
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `done` steps are done; `text` says what else is to be seen.
  void update(int64_t done, std::string_view text);
  // Shows the last state and leaves it standing.
  void finish();

  // What there is to do turned out to be more or less.
  void set_total(int64_t total) { options_.total = total; }

  // What a test puts in the place of the clock, the terminal and the log.
  struct Surroundings {
    std::function<double()> clock;  // seconds
    std::function<void(std::string_view)> show, log;
    std::function<void()> keep, clear;
    Terminal terminal{2};
    bool blocks = false;
    static Surroundings real();
  };
  Progress(Options options, Surroundings surroundings);

 private:
  ProgressView view() const;
  void show();
  bool is_due(double now) const;

  Options options_;
  Surroundings around_;
  RateMeter meter_;
  double begun_, last_shown_;
  int64_t done_, shown_done_ = -1;
  std::string text_;
  bool finished_ = false;
};

}  // namespace norma
