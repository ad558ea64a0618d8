#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "apps/gauges/probe/sight.h"

namespace norma {

// One line of probe.jsonl while it is filled in; docs/probing.md says what is in it.
class ProbeRecord {
 public:
  // Lays out all modules and parameters that were seen.
  ProbeRecord(int64_t step, int64_t batches, const Sight& sight);

  // Of the i-th module or parameter of the sight.
  Json& forward(size_t module) { return json_["modules"][module]["forward"]; }
  Json& backward(size_t module) { return json_["modules"][module]["backward"]; }
  Json& parameter(size_t param) { return json_["parameters"][param]; }
  // Of a part of the model that has no line yet: "joins", "attention", "norms". One a path.
  Json& part(const char* list, const std::string& path);
  // Puts the norms, which gauges met in orders of their own, into that of the forward.
  void order_norms();
  Json& model() { return json_["model"]; }

  const Json& json() const { return json_; }
  Json& json() { return json_; }

 private:
  Json json_;
};

// The first value that was not finite: of a forward in its order, else of a backward in its own,
// else of a parameter or its gradient. Null: all were.
Json first_nonfinite(const Sight& sight);

}  // namespace norma
