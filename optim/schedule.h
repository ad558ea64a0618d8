#pragma once

#include <memory>

#include "core/config/registry.h"

namespace norma {

// The learning rate over a training, as a factor of the optimizer's `lr`. Every schedule begins
// with `warmup` steps in which the factor rises as step/warmup.
class Schedule {
 public:
  virtual ~Schedule() = default;
  // `step` counts from 1, `total` is the training's length.
  double factor(int64_t step, int64_t total) const;

 protected:
  explicit Schedule(int64_t warmup) : warmup_(warmup) {}
  int64_t warmup() const { return warmup_; }
  // The factor behind the warmup; `step` > warmup.
  virtual double after_warmup(int64_t step, int64_t total) const = 0;
  // How far the time behind the warmup has run, in (0, 1].
  double progress(int64_t step, int64_t total) const;

 private:
  int64_t warmup_;
};

using MakeSchedule = std::unique_ptr<Schedule> (*)(const Spec&);
Registry<MakeSchedule>& schedule_registry();
std::unique_ptr<Schedule> make_schedule(const Spec& spec);

}  // namespace norma
