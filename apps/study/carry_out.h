#pragma once

#include <functional>
#include <string>

#include "apps/study/crew.h"
#include "apps/study/protocol.h"
#include "apps/study/results.h"

namespace norma {

// What a study tells whoever shows it to a person.
class StudyListener {
 public:
  virtual ~StudyListener() = default;
  // Whenever the plan changed: at the start and after every result.
  virtual void on_plan(const Plan& /*plan*/, const TrialResults& /*results*/) {}
  virtual void on_result(const Trial& /*trial*/, const Json& /*line*/, double /*seconds*/) {}
  virtual void on_tick(const Crew& /*crew*/) {}
};

// Carries out what is missing of a study, keeping every result as it comes. Returns the plan, which
// is complete unless `stop_requested` said so earlier.
Plan carry_out(const Study& study, StudyFolder& folder, Crew& crew, StudyListener& listener,
               const std::function<bool()>& stop_requested);

}  // namespace norma
