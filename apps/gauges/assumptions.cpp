#include "apps/gauges/assumptions.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace norma {

Assumptions::Assumptions(Training& training) : training_(training) {
  expect(training.steps_done() == 0 && training.config().train.init_from.empty(),
         "the weights are no longer the initial ones");
  for (const char* dropped : {"dropout", "drop_path"})
    if (!option(dropped).is_null()) expect_option(dropped, 0.0);
}

void Assumptions::expect(bool holds, const std::string& fault) {
  if (holds) return;
  faults_ += (faults_.empty() ? "" : "; ") + fault;
}

const Json& Assumptions::option(const std::string& dotted) const {
  static const Json kNone;
  const Json* at = training_.config().model.options.get();
  for (size_t begin = 0; begin <= dotted.size();) {
    const size_t dot = std::min(dotted.find('.', begin), dotted.size());
    const auto found = at->find(dotted.substr(begin, dot - begin));
    if (found == at->end()) return kNone;
    at = &*found;
    begin = dot + 1;
  }
  return *at;
}

void Assumptions::expect_option(const std::string& dotted, const Json& value) {
  const Json& found = option(dotted);
  const bool choice = found.is_object() && found.contains("type");
  const Json& said = choice ? found["type"] : found;
  expect(said == value, "model." + dotted + " is " + said.dump() + " and not " + value.dump());
}

void Assumptions::expect_one(double measured, double tolerance, const std::string& what) {
  expect(std::abs(measured - 1) <= tolerance,
         what + " is " + format_number(measured) + " and not 1");
}

Prediction Assumptions::refusal() const {
  return {.low = {}, .high = {}, .why_not = "does not apply, because " + faults_};
}

}  // namespace norma
