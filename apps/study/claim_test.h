#pragma once

#include <string>

#include "apps/study/claim.h"
#include "core/config/fields.h"

namespace norma {

// One test as a claim says it; what a type does not use keeps its default.
struct ClaimTest {
  std::string type, arm, other, over, theory, assumes;
  double margin = 0.01, by = 0, low = 0, high = 0, tolerance = 0.05;
  int64_t sign = 1;
  bool log = false;
  Json where = Json::object();

  void describe(Fields& f);
};

ClaimTest read_test(Findings& findings, const Json& given, const std::string& path);

}  // namespace norma
