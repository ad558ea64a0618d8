#include <nlohmann/json.hpp>

#include "apps/evaluations/calibration.h"
#include "apps/evaluations/corpus.h"
#include "apps/evaluations/drift.h"
#include "apps/evaluations/evaluations.h"
#include "apps/evaluations/pass.h"
#include "apps/evaluations/poison_figures.h"
#include "apps/evaluations/shifts.h"
#include "layers/norms/population.h"

namespace norma {
namespace {

class Examiner {
 public:
  Examiner(Training& training, const EvaluationOptions& options)
      : options_(options),
        training_(training),
        model_(training),
        portion_(portion_of(training.data(), options.split_to_look_at(), options.samples)) {}

  Figures run() {
    if (options_.drift) see_training_split();
    score({"clean", {}}, portion_);
    const auto seed = static_cast<uint64_t>(training_.config().train.seed);
    for (const Shift& shift : shifts_of(options_, portion_.data, portion_.samples, seed))
      score(shift, portion_);
    if (options_.corpus) score_corpus();
    attack();
    judge_in_other_batches();
    if (options_.poison_rate) add_poison_figures(model_, portion_, figures_);
    return std::move(figures_);
  }

 private:
  // What a pass adds up to.
  struct Sums {
    double loss = 0, correct = 0, weight = 0;
    void add(const LossResult& result) {
      loss += result.total;
      correct += static_cast<double>(result.correct);
      weight += result.weight;
    }
  };
  void report(const std::string& name, const Sums& sums) {
    figures_.emplace_back(name + "/loss", sums.loss / sums.weight);
    if (model_.classifies()) figures_.emplace_back(name + "/accuracy", sums.correct / sums.weight);
  }
  void pass(const Portion& portion, int64_t most, FunctionRef<void(Batch&, int64_t)> body) {
    for_each_batch(portion, most, model_.dtype(), body);
  }

  // Loss, accuracy and whatever is asked for besides, under one condition.
  void score(const Shift& shift, const Portion& portion);
  void score_corpus();
  void attack();
  void judge(const std::string& name, int64_t batch);
  void judge_in_other_batches();
  void see_training_split();

  const EvaluationOptions& options_;
  Training& training_;
  Examination model_;
  Portion portion_;
  ActivationMoments at_home_;  // on the training split
  Figures figures_;
};

void Examiner::score(const Shift& shift, const Portion& portion) {
  const bool watched = options_.drift && !shift.of_labels;
  ActivationMoments moments;
  const Scoped<TapeObserver*> looking(model_.context().observer, watched ? &moments : nullptr);
  CalibrationSums calibration;
  Sums sums;
  std::vector<RowScore> rows;
  pass(portion, model_.micro_batch(), [&](Batch& batch, int64_t first) {
    if (shift.alter) shift.alter(batch, first);
    sums.add(options_.calibration ? model_.judge(batch, first, rows) : model_.judge(batch, first));
    calibration.add(rows);
    if (watched) moments.end_forward(batch.mask);
  });
  report(shift.name, sums);
  if (options_.calibration) {
    const Calibration found = calibration.result();
    figures_.emplace_back(shift.name + "/ece", found.ece);
    figures_.emplace_back(shift.name + "/brier", found.brier);
    figures_.emplace_back(shift.name + "/nll", found.nll);
  }
  if (watched) {
    const Drift drift = drift_between(at_home_, moments);
    figures_.emplace_back(shift.name + "/drift_mean", drift.mean);
    figures_.emplace_back(shift.name + "/drift_log_std", drift.log_std);
  }
}

// As many training samples as are examined, without augmentation.
void Examiner::see_training_split() {
  const Scoped<TapeObserver*> looking(model_.context().observer, &at_home_);
  pass(portion_of(portion_.data, Split::kTrain, portion_.samples), model_.micro_batch(),
       [&](Batch& batch, int64_t first) {
         model_.judge(batch, first);
         at_home_.end_forward(batch.mask);
       });
}

void Examiner::score_corpus() {
  const std::unique_ptr<Dataset> corpus = load_corpus(training_, options_.corpus);
  Shift shift{"corpus", {}};
  if (corpus->info().kind == InputKind::kImages)
    shift.alter = [here = PixelSpace(images_of(portion_.data, "corpus")),
                   there = PixelSpace(images_of(*corpus, "corpus"))](Batch& batch, int64_t) {
      here.write(there.pixels_of(batch.input), batch.input);
    };
  score(shift, portion_of(*corpus, options_.split_to_look_at(), options_.samples));
}

void Examiner::attack() {
  const auto by = [&](const char* kind, double eps, const auto& attack_of) {
    const PixelSpace space(images_of(portion_.data, kind));
    Sums sums{.weight = static_cast<double>(portion_.samples)};
    pass(portion_, model_.micro_batch(), [&](Batch& batch, int64_t first) {
      const Attacked found = attack_of(space, batch, first, eps);
      for (size_t i = 0; i < found.loss.size(); ++i) {
        sums.loss += found.loss[i];
        sums.correct += !found.fooled[i];
      }
    });
    report(condition(kind, eps), sums);
  };
  for (const double eps : options_.fgsm)
    by("fgsm", eps, [&](const PixelSpace& space, const Batch& batch, int64_t first, double most) {
      return fgsm(model_, space, batch, first, most);
    });
  for (const double eps : options_.pgd.eps)
    by("pgd", eps, [&](const PixelSpace& space, const Batch& batch, int64_t first, double most) {
      return pgd(model_, space, batch, first, most, options_.pgd);
    });
}

void Examiner::judge(const std::string& name, int64_t most) {
  Sums sums;
  pass(portion_, most, [&](Batch& batch, int64_t first) { sums.add(model_.judge(batch, first)); });
  report(name, sums);
}

void Examiner::judge_in_other_batches() {
  if (options_.batch_of_one) judge("batch_of_one", 1);
  if (!options_.batch_statistics) return;
  PopulationStatistics unused;
  const Scoped<PopulationStatistics*> of_batches(model_.context().population, &unused);
  judge("batch_statistics", model_.micro_batch());
}

}  // namespace

Figures examine(Training& training, const EvaluationOptions& options) {
  check_evaluation(training, options);
  return Examiner(training, options).run();
}

}  // namespace norma
