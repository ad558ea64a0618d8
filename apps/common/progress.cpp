#include "apps/common/progress.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

#include "apps/common/status_line.h"

namespace norma {
namespace {

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

Progress::Surroundings Progress::Surroundings::real() {
  return {
      .clock = steady_seconds,
      .show = [](std::string_view line) { status_line().show(line); },
      .log = [](std::string_view line) { spdlog::info("{}", line); },
      .keep = [] { status_line().keep(); },
      .clear = [] { status_line().clear(); },
      .terminal = stderr_terminal(),
      .blocks = locale_is_utf8(),
  };
}

void RateMeter::add(double seconds, int64_t done) {
  constexpr double kWindow = 30, kSpacing = 0.5;
  // The newest mark moves on until it is a spacing away from the one before.
  if (marks_.size() >= 2 && seconds - marks_[marks_.size() - 2].seconds < kSpacing)
    marks_.back() = {seconds, done};
  else
    marks_.push_back({seconds, done});
  while (marks_.size() > 2 && seconds - marks_[1].seconds >= kWindow) marks_.pop_front();
}

double RateMeter::rate() const {
  if (marks_.size() < 2) return 0;
  const double seconds = marks_.back().seconds - marks_.front().seconds;
  return seconds > 0 ? static_cast<double>(marks_.back().done - marks_.front().done) / seconds : 0;
}

Progress::Progress(Options options) : Progress(std::move(options), Surroundings::real()) {}

Progress::Progress(Options options, Surroundings surroundings)
    : options_(std::move(options)),
      around_(std::move(surroundings)),
      begun_(around_.clock()),
      last_shown_(begun_),
      done_(options_.start) {
  meter_.add(begun_, done_);
}

Progress::~Progress() {
  if (!finished_ && !options_.quiet && around_.terminal.interactive()) around_.clear();
}

bool Progress::is_due(double now) const {
  const double waited = now - last_shown_;
  if (around_.terminal.interactive()) return waited >= 0.1;
  if (shown_done_ < 0) return waited >= 2;
  return waited >= std::clamp((now - begun_) / 10, 10.0, 300.0);
}

void Progress::update(int64_t done, std::string_view text) {
  if (options_.quiet) return;
  const double now = around_.clock();
  done_ = done;
  meter_.add(now, done);
  text_ = text;
  if (is_due(now)) show();
}

ProgressView Progress::view() const {
  const double rate = meter_.rate();
  return {
      .label = options_.label,
      .done = done_,
      .total = options_.total,
      .text = text_,
      .rate = rate * options_.units_per_step,
      .unit = options_.unit,
      .seconds_left = rate > 0 ? static_cast<double>(options_.total - done_) / rate : -1,
  };
}

void Progress::show() {
  // The last column stays free: some terminals wrap as soon as it is written.
  if (around_.terminal.interactive())
    around_.show(progress_bar_line(view(), around_.terminal.width() - 1, around_.blocks));
  else
    around_.log(progress_log_line(view()));
  last_shown_ = around_.clock();
  shown_done_ = done_;
}

void Progress::finish() {
  if (options_.quiet || finished_) return;
  finished_ = true;
  if (around_.terminal.interactive() || shown_done_ != done_) show();
  if (around_.terminal.interactive()) around_.keep();
}

}  // namespace norma
