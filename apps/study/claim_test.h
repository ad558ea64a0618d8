#pragma once

#include <string>

#include "apps/study/claim.h"
#include "core/config/fields.h"

namespace norma {

// One test as a claim says it; what a type does not use keeps its default.
struct ClaimTest {
  std::string type;  // empty where the claim names none that is known
  std::string arm, other, over, theory, assumes;
  double margin = 0.01, by = 0, low = 0, high = 0, tolerance = 0.05;
  int64_t sign = 1;
  bool log = false;
  Json where = Json::object();

  void describe(Fields& f);
  // Whether `where` picks an arm: a number is the value of an axis, a text the name of one.
  bool picks(const Arm& arm) const;
  // " where model.placement is pre and …"; empty where every arm is picked.
  std::string place() const;
};

ClaimTest read_test(Findings& findings, const Json& given, const std::string& path);

}  // namespace norma
