#include "optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace norma {

Registry<MakeSchedule>& schedule_registry() {
  static Registry<MakeSchedule> registry("schedule");
  return registry;
}

std::unique_ptr<Schedule> make_schedule(const Spec& spec) {
  return schedule_registry().at(spec.type)(spec);
}

double Schedule::factor(int64_t step, int64_t total) const {
  if (step <= warmup_) return static_cast<double>(step) / static_cast<double>(warmup_);
  return after_warmup(step, total);
}

double Schedule::progress(int64_t step, int64_t total) const {
  if (total <= warmup_) return 1;
  return std::min(1.0, static_cast<double>(step - warmup_) / static_cast<double>(total - warmup_));
}

namespace {

struct WarmupOption {
  int64_t warmup = 0;
  void describe(Fields& f) {
    f.integer("warmup", warmup, "steps in which the rate rises from nothing", {.min = 0});
  }
};

struct DecayOptions : WarmupOption {
  double min_ratio = 0.1;
  void describe(Fields& f) {
    WarmupOption::describe(f);
    f.number("min_ratio", min_ratio, "the last rate, as a share of the highest",
             {.min = 0, .max = 1});
  }
};

template <class S>
struct RegisterSchedule {
  RegisterSchedule(const char* type, const char* summary, const char* source) {
    schedule_registry().add({type, summary, source, describe_options<typename S::Options>()},
                            [](const Spec& spec) -> std::unique_ptr<Schedule> {
                              return std::make_unique<S>(options_of<typename S::Options>(spec));
                            });
  }
};

class Constant final : public Schedule {
 public:
  using Options = WarmupOption;
  explicit Constant(const Options& o) : Schedule(o.warmup) {}

 protected:
  double after_warmup(int64_t, int64_t) const override { return 1; }
};

// 1 − (1 − min_ratio)·progress
class Linear final : public Schedule {
 public:
  using Options = DecayOptions;
  explicit Linear(const Options& o) : Schedule(o.warmup), low_(o.min_ratio) {}

 protected:
  double after_warmup(int64_t step, int64_t total) const override {
    return 1 - (1 - low_) * progress(step, total);
  }

 private:
  double low_;
};

// min_ratio + (1 − min_ratio)·(1 + cos(π·progress))/2
class Cosine final : public Schedule {
 public:
  using Options = DecayOptions;
  explicit Cosine(const Options& o) : Schedule(o.warmup), low_(o.min_ratio) {}

 protected:
  double after_warmup(int64_t step, int64_t total) const override {
    return low_ + (1 - low_) * 0.5 * (1 + std::cos(std::numbers::pi * progress(step, total)));
  }

 private:
  double low_;
};

// gamma^(number of milestones passed); milestones are shares of the training.
class Step final : public Schedule {
 public:
  struct Options : WarmupOption {
    std::vector<double> milestones{0.5, 0.75};
    double gamma = 0.1;
    void describe(Fields& f) {
      WarmupOption::describe(f);
      f.numbers("milestones", milestones, "when the rate drops, as shares of the training", 0,
                {.min = 0, .max = 1});
      f.number("gamma", gamma, "factor at each drop", {.above = 0});
    }
  };
  explicit Step(const Options& o) : Schedule(o.warmup), options_(o) {}

 protected:
  double after_warmup(int64_t step, int64_t total) const override {
    double factor = 1;
    for (const double share : options_.milestones)
      if (static_cast<double>(step) > share * static_cast<double>(total)) factor *= options_.gamma;
    return factor;
  }

 private:
  Options options_;
};

// Warmup, stable, decay: full rate, then a linear fall over the last share of the training.
class WarmupStableDecay final : public Schedule {
 public:
  struct Options : DecayOptions {
    double decay_share = 0.2;
    Options() { min_ratio = 0; }
    void describe(Fields& f) {
      DecayOptions::describe(f);
      f.number("decay_share", decay_share, "share of the training in which the rate falls",
               {.max = 1, .above = 0});
    }
  };
  explicit WarmupStableDecay(const Options& o) : Schedule(o.warmup), options_(o) {}

 protected:
  double after_warmup(int64_t step, int64_t total) const override {
    const double left = 1 - static_cast<double>(step) / static_cast<double>(total);
    const double fall = std::min(1.0, std::max(0.0, left) / options_.decay_share);
    return options_.min_ratio + (1 - options_.min_ratio) * fall;
  }

 private:
  Options options_;
};

// √(max(warmup, 1)/step)
class InverseSqrt final : public Schedule {
 public:
  using Options = WarmupOption;
  explicit InverseSqrt(const Options& o) : Schedule(o.warmup) {}

 protected:
  double after_warmup(int64_t step, int64_t) const override {
    return std::sqrt(static_cast<double>(std::max<int64_t>(warmup(), 1)) /
                     static_cast<double>(step));
  }
};

const RegisterSchedule<Constant> constant("constant", "the same rate throughout", "");
const RegisterSchedule<Linear> linear("linear", "a straight fall", "");
const RegisterSchedule<Cosine> cosine("cosine", "half a cosine down",
                                      "Loshchilov, Hutter 2016, arXiv:1608.03983");
const RegisterSchedule<Step> step("step", "drops at milestones",
                                  "He et al. 2015, arXiv:1512.03385");
const RegisterSchedule<WarmupStableDecay> wsd("wsd", "warmup, stable, decay",
                                              "Hu et al. 2024, arXiv:2404.06395");
const RegisterSchedule<InverseSqrt> inverse_sqrt("inverse_sqrt", "one over the root of the step",
                                                 "Vaswani et al. 2017, arXiv:1706.03762");

}  // namespace
}  // namespace norma
