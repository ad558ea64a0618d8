#include "apps/common/progress.h"

#include <vector>

#include "apps/common/status_line.h"
#include "tests/catch.h"

namespace norma {
namespace {

ProgressView sample_view() {
  return {.label = "train",
          .done = 1240,
          .total = 2000,
          .text = "loss 1.234",
          .rate = 12345,
          .unit = "tokens",
          .seconds_left = 41};
}

// A clock to turn by hand, and what was shown and logged.
struct Bench {
  double now = 100;
  std::vector<std::string> shown, logged;
  int kept = 0, cleared = 0;

  Progress::Surroundings surroundings(bool interactive) {
    return {.clock = [this] { return now; },
            .show = [this](std::string_view line) { shown.emplace_back(line); },
            .log = [this](std::string_view line) { logged.emplace_back(line); },
            .keep = [this] { ++kept; },
            .clear = [this] { ++cleared; },
            .terminal = Terminal(interactive, false, 80),
            .blocks = false};
  }
};

}  // namespace

TEST_CASE("a progress line tells share, steps, loss, time left and rate", "[apps]") {
  CHECK(progress_bar_line(sample_view(), 100, true) ==
        "train 62% ▕██████████████████▌           ▏  1240/2000  loss 1.234  0:41 left  12.3k "
        "tokens/s");
  CHECK(progress_bar_line(sample_view(), 80, false) ==
        "train 62% [###########.......]  1240/2000  loss 1.234  0:41 left  12.3k tokens/s");
  CHECK(progress_log_line(sample_view()) ==
        "train  1240/2000  loss 1.234  0:41 left  12.3k tokens/s  (62%)");
}

TEST_CASE("a progress line fits any width", "[apps]") {
  CHECK(progress_bar_line(sample_view(), 66, false) ==
        "train 62%   1240/2000  loss 1.234  0:41 left  12.3k tokens/s");
  CHECK(progress_bar_line(sample_view(), 51, false) ==
        "train 62% [###..]  1240/2000  loss 1.234  0:41 left");
  CHECK(progress_bar_line(sample_view(), 25, false) == "train 62%   1240/2000");
  CHECK(progress_bar_line(sample_view(), 5, false) == "62%");
  for (int width = 4; width < 150; ++width)
    for (const bool blocks : {false, true})
      CHECK(columns_of(progress_bar_line(sample_view(), width, blocks)) <= width);
}

TEST_CASE("100% is for what is done", "[apps]") {
  ProgressView view = sample_view();
  view.done = 1999;
  CHECK_THAT(progress_bar_line(view, 80, false), Catch::Matchers::ContainsSubstring(" 99% "));
  view.done = 2000;
  const std::string line = progress_bar_line(view, 80, false);
  CHECK_THAT(line, Catch::Matchers::ContainsSubstring("100%[####") &&
                       !Catch::Matchers::ContainsSubstring("left"));
  view.total = 0;
  CHECK_THAT(progress_bar_line(view, 80, false), Catch::Matchers::ContainsSubstring(" 0% "));
}

TEST_CASE("the rate is that of the last half minute", "[apps]") {
  RateMeter meter;
  meter.add(0, 0);
  CHECK(meter.rate() == 0);
  for (int t = 1; t <= 100; ++t) meter.add(t, 10 * t);
  CHECK(meter.rate() == Approx(10));
  for (int t = 101; t <= 140; ++t) meter.add(t, 1000 + 50 * (t - 100));
  CHECK(meter.rate() == Approx(50));
  // Many quick steps do not fill the memory: the newest mark moves.
  RateMeter quick;
  for (int i = 0; i <= 100000; ++i) quick.add(i * 1e-4, i);
  CHECK(quick.rate() == Approx(1e4));
}

TEST_CASE("on a terminal the line is rewritten at most ten times a second", "[apps]") {
  Bench bench;
  {
    Progress progress({.label = "train", .total = 1000, .unit = "tokens", .units_per_step = 64},
                      bench.surroundings(true));
    for (int step = 1; step <= 1000; ++step) {
      bench.now += 0.01;
      progress.update(step, "loss " + std::to_string(step));
    }
    CHECK(bench.shown.size() >= 90);
    CHECK(bench.shown.size() <= 100);
    progress.finish();
    CHECK_THAT(bench.shown.back(), Catch::Matchers::ContainsSubstring("1000/1000  loss 1000"));
    CHECK_THAT(bench.shown.back(), Catch::Matchers::ContainsSubstring("6.40k tokens/s"));
    CHECK(bench.kept == 1);
  }
  CHECK(bench.cleared == 0);
  CHECK(bench.logged.empty());
}

TEST_CASE("a loop left early takes its line away", "[apps]") {
  Bench bench;
  { Progress progress({.label = "train", .total = 10}, bench.surroundings(true)); }
  CHECK(bench.cleared == 1);
}

TEST_CASE("in a log there is a line now and then", "[apps]") {
  Bench bench;
  Progress progress({.label = "train", .total = 7200}, bench.surroundings(false));
  std::vector<double> times;
  for (int second = 1; second <= 7200; ++second) {
    bench.now += 1;
    const size_t before = bench.logged.size();
    progress.update(second, "");
    if (bench.logged.size() > before) times.push_back(second);
  }
  REQUIRE(times.size() >= 6);
  CHECK(times[0] == 2);
  CHECK(times[1] == 12);
  CHECK(times.size() < 80);  // two hours
  for (size_t i = 1; i < times.size(); ++i) {
    CHECK(times[i] - times[i - 1] >= 10);
    CHECK(times[i] - times[i - 1] <= 301);
  }
  progress.finish();
  CHECK(bench.logged.back() == "train  7200/7200  1 steps/s  (100%)");
  const size_t lines = bench.logged.size();
  progress.finish();
  CHECK(bench.logged.size() == lines);
  CHECK(bench.shown.empty());
}

TEST_CASE("a resumed run counts time left by what it did itself", "[apps]") {
  Bench bench;
  Progress progress({.label = "train", .total = 2000, .start = 1000}, bench.surroundings(true));
  bench.now += 10;
  progress.update(1100, "");
  CHECK_THAT(bench.shown.back(), Catch::Matchers::ContainsSubstring("1:30 left  10 steps/s"));
}

TEST_CASE("a quiet progress shows nothing", "[apps]") {
  Bench bench;
  {
    Progress progress({.label = "train", .total = 10, .quiet = true}, bench.surroundings(true));
    bench.now += 100;
    progress.update(5, "");
    progress.finish();
  }
  CHECK(bench.shown.empty());
  CHECK(bench.kept + bench.cleared == 0);
}

TEST_CASE("messages go above the status line", "[apps]") {
  std::string written;
  StatusLine line([&](std::string_view text) { written += text; });
  line.print_above("before\n");
  line.show("50%");
  line.show("50%");  // nothing new to write
  line.print_above("message\n");
  line.show("60%");
  line.clear();
  line.clear();
  line.print_above("after\n");
  line.show("100%");
  line.keep();
  CHECK(written ==
        "before\n"
        "\r\x1b[K50%"
        "\r\x1b[Kmessage\n50%"
        "\r\x1b[K60%"
        "\r\x1b[K"
        "after\n"
        "\r\x1b[K100%\n");
}

}  // namespace norma
