#pragma once

#include <string>
#include <string_view>

#include "apps/gauges/theory.h"
#include "core/config/json.h"

namespace norma {

// What a theory supposes of a training, checked one by one; all that is not met is said.
class Assumptions {
 public:
  // That the training stands at its initial weights, and that branches are dropped from no sample.
  explicit Assumptions(Training& training);

  // `fault` completes "does not apply, because …".
  void expect(bool holds, const std::string& fault);
  // That an option of the model is this. `option` is a dotted path; a choice is named by its type.
  void expect_option(const std::string& option, const Json& value);
  // That a measured number is 1 but for `tolerance`; `what` begins the sentence.
  void expect_one(double measured, double tolerance, const std::string& what);

  // An option of the model; null where it has none of that name.
  const Json& option(const std::string& dotted) const;
  Training& training() const { return training_; }
  bool hold() const { return faults_.empty(); }
  Prediction refusal() const;

 private:
  Training& training_;
  std::string faults_;
};

}  // namespace norma
