#include "apps/study/carry_out.h"

#include <set>

namespace norma {

Plan carry_out(const Study& study, StudyFolder& folder, Crew& crew, StudyListener& listener,
               const std::function<bool()>& stop_requested) {
  Plan plan = plan_of(study, folder.results());
  listener.on_plan(plan, folder.results());
  std::set<std::string> handed_out;
  const auto tuned_of_baseline = [&] {
    const auto choice = plan.chosen.find(study.baseline);
    return choice == plan.chosen.end() ? Point{} : choice->second.point;
  };
  crew.run(
      [&]() -> std::optional<Crew::Task> {
        for (const Trial& trial : plan.trials)
          if (!folder.results().contains(trial.id) && handed_out.insert(trial.id).second)
            return Crew::Task{trial, order_of(study, trial, tuned_of_baseline())};
        return std::nullopt;
      },
      [&](const Crew::Task& task, const Json& line, double seconds) {
        folder.add(line, seconds, crew.mode().threads);
        plan = plan_of(study, folder.results());
        listener.on_result(task.trial, line, seconds);
        listener.on_plan(plan, folder.results());
      },
      [&] {
        listener.on_tick(crew);
        return !stop_requested();
      });
  return plan;
}

}  // namespace norma
