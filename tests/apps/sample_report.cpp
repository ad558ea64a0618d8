#include "tests/apps/sample_report.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

namespace norma {
namespace {

constexpr double kInitial = 0.9;
const std::vector<double> kRates{0.01, 0.03, 0.1, 0.3, 1};

struct MadeArm {
  std::string name;
  int ghost;  // 0: none
  double error, ms;
};
const std::vector<MadeArm> kArms{
    {"batch_norm_32", 32, 0.091, 12.1}, {"batch_norm_16", 16, 0.0915, 12.2},
    {"batch_norm_8", 8, 0.0952, 12.6},  {"batch_norm_4", 4, 0.103, 13.3},
    {"batch_norm_2", 2, 0.121, 14.9},   {"group_norm", 0, 0.0946, 13.8}};

// Of a generator whose numbers are the same everywhere; uniform in (0, 1).
double drawn(std::mt19937& random) { return (random() + 0.5) / 4294967296.0; }
double noise(std::mt19937& random) {  // normal (Box and Muller 1958)
  const double radius = std::sqrt(-2 * std::log(drawn(random)));
  return radius * std::cos(2 * 3.14159265358979 * drawn(random));
}

Json settings_of(const MadeArm& arm) {
  if (arm.ghost == 0) return {{"model.norm", {{"type", "group_norm"}, {"groups", 8}}}};
  return {{"model.norm", {{"type", "batch_norm"}, {"ghost", arm.ghost}}}};
}

bool diverges(const MadeArm& arm, size_t seed) {
  return arm.ghost == 2 && (seed == 1 || seed == 3);
}

Json curve_of(const MadeArm& arm, int seed, bool diverged, double end, std::mt19937& random) {
  Json training = Json::array(), validation = Json::array();
  for (int step = 1; step <= 300; step += step < 20 ? 1 : 4) {
    double loss = 2.303 * std::pow(step, -0.32) + 4 * end - 0.15;
    if (diverged && step > 60) loss *= 1 + 0.05 * (step - 60);
    training.push_back({step, loss * std::exp(0.06 * noise(random))});
    if (step < 20 ? step % 5 == 0 : step % 20 == 0)
      validation.push_back({step, loss * std::exp(0.01 * noise(random))});
  }
  return {{"arm", arm.name},
          {"seed", seed},
          {"ending", diverged ? "diverged" : "finished"},
          {"validation", validation},
          {"training", training}};
}

Json tuning_of(const MadeArm& arm, std::mt19937& random) {
  Json points = Json::array();
  for (const double rate : kRates)
    for (const int seed : {1001, 1002}) {
      const double away = std::log10(rate / 0.1);
      const bool diverged = rate == 1 && arm.ghost == 2;
      const double score =
          diverged ? kInitial : arm.error + 0.03 * away * away + 0.002 * noise(random);
      points.push_back({{"x", rate},
                        {"seed", seed},
                        {"score", score},
                        {"ending", diverged ? "diverged" : "finished"}});
    }
  return {
      {"arm", arm.name}, {"path", "optim.lr"}, {"log", true}, {"points", points}, {"chosen", 0.1}};
}

Json interval_about(double mean, double half) {
  return {{"mean", mean}, {"low", mean - half}, {"high", mean + half}};
}

// One arm, its curves and trials, put where they belong.
void add_arm(Json& report, const MadeArm& arm, std::mt19937& random) {
  Json scores = Json::array(), seeds = Json::array(), endings = Json::array(),
       steps = Json::array();
  double sum = 0;
  int failures = 0;
  for (size_t i = 0; i < 5; ++i) {
    const int seed = 11 + static_cast<int>(i);
    const bool failed = diverges(arm, i);
    const double score = failed ? kInitial : arm.error + 0.0011 * noise(random);
    sum += score;
    failures += failed;
    scores.push_back(score);
    seeds.push_back(seed);
    endings.push_back(failed ? "diverged" : "finished");
    steps.push_back(failed || arm.ghost == 2 ? Json(nullptr)
                                             : Json(static_cast<int>(180 + 900 * (score - 0.09))));
    report["curves"].push_back(curve_of(arm, seed, failed, failed ? arm.error : score, random));
    report["trials"].push_back(
        {{"trial", arm.name + "-verdict-" + std::to_string(seed)},
         {"arm", arm.name},
         {"phase", "verdict"},
         {"seed", seed},
         {"settings", {{"optim.lr", 0.1}}},
         {"status", failed ? "diverged" : "finished"},
         {"ending", failed ? "diverged" : "finished"},
         {"reason", failed ? "the loss left its start behind at step 61, \"for good\"" : ""},
         {"steps", 300},
         {"initial", kInitial},
         {"metric", failed ? Json(nullptr) : Json(score)},
         {"score", score}});
  }
  const double mean = sum / 5, half = failures ? 0.54 : 0.0014;
  Json made{{"name", arm.name}, {"baseline", arm.ghost == 32}, {"settings", settings_of(arm)}};
  made["config"] = {
      {"model", {{"type", "resnet"}, {"depth", 8}, {"norm", settings_of(arm)["model.norm"]}}},
      {"optim", {{"type", "sgd"}, {"lr", 0.1}}}};
  made["tuned"] = {{"optim.lr", 0.1}};
  made["tuning"] =
      arm.ghost == 2 ? "not tuned: the best rate lies at the edge of the grid" : "tuned";
  made["parameters"] = 78042 + (arm.ghost ? 0 : 16);
  made["flops_per_step"] = 3.1e9;
  made["tokens"] = nullptr;
  made["divergence"] = {{"count", failures},
                        {"of", 5},
                        {"low", failures ? 0.0527 : 0.0},
                        {"high", failures ? 0.8534 : 0.5218}};
  made["seeds"] = seeds;
  made["scores"] = scores;
  made["endings"] = endings;
  made.update(interval_about(mean, half));
  const std::map<int, std::pair<int, int>> ranks{{32, {1, 2}}, {16, {1, 2}}, {0, {3, 4}},
                                                 {8, {3, 4}},  {4, {5, 5}},  {2, {6, 6}}};
  made["rank"] = {{"best", ranks.at(arm.ghost).first}, {"worst", ranks.at(arm.ghost).second}};
  made["sensitivity"] = 0.012 + 0.1 / (arm.ghost + 2);
  made["time_to_target_s"] = failures ? Json(nullptr) : Json(arm.ms * 0.19);
  made["steps_to_target"] = steps;
  made["costs"] = {{"ms_per_step", arm.ms},     {"low", arm.ms - 0.31}, {"high", arm.ms + 0.38},
                   {"relative", arm.ms / 12.1}, {"peak_bytes", 1.02e8}, {"inference_ms", 1.2}};
  for (const auto& [name, worse] : {std::pair{"noise 0.1/error", 0.05},
                                    {"blur 1/error", 0.03},
                                    {"fgsm 0.02/error", 0.31},
                                    {"batch of one/error", 0.001},
                                    {"calibration error", -0.06}}) {
    Json each = interval_about(mean + worse + 0.002 * noise(random), 0.004);
    each["scores"] = scores;
    made["evaluations"][name] = each;
  }
  report["arms"].push_back(made);
  report["tuning"].push_back(tuning_of(arm, random));
  if (arm.ghost == 32) return;
  const double difference = mean - report["arms"][0]["mean"].get<double>();
  report["comparisons"].push_back({{"arm", arm.name},
                                   {"finding", arm.ghost == 16  ? "equivalent"
                                               : arm.ghost == 2 ? "not distinguishable"
                                                                : "worse"},
                                   {"difference", difference},
                                   {"low", difference - half},
                                   {"high", difference + half},
                                   {"relative", difference / 0.091},
                                   {"p", 0.004},
                                   {"p_holm", arm.ghost == 16  ? 0.61
                                              : arm.ghost == 2 ? 0.31
                                                               : 0.00042},
                                   {"equivalence_p_holm", 0.031},
                                   {"margin", 0.00273},
                                   {"correlation", 0.62},
                                   {"power_gained", 2.6},
                                   {"detectable", 0.0019}});
}

Json profile_of() {
  Json arms = Json::array();
  for (const MadeArm& arm : kArms) {
    const double first = arm.ms / 12.1;
    arms.push_back({{"arm", arm.name},
                    {"tau", {1.0, first * 1.02, first * 1.1, first * 1.3}},
                    {"share", arm.ghost == 2 ? Json{0.0, 0.0, 0.0, 0.2}
                                             : Json{arm.ghost == 32 ? 0.6 : 0.0, 0.6, 0.8, 1.0}}});
  }
  return {{"target", 0.095}, {"arms", arms}};
}

Json heat_map_of() {
  Json cells = Json::array();
  for (const int ghost : {2, 4, 8, 16, 32}) {
    Json row = Json::array();
    for (const double rate : kRates)
      row.push_back(rate == 1 && ghost == 2
                        ? Json(nullptr)
                        : Json(0.09 + 0.06 / ghost + 0.03 * std::pow(std::log10(rate / 0.1), 2)));
    cells.push_back(row);
  }
  return {{"x", {{"path", "optim.lr"}, {"values", kRates}}},
          {"y", {{"path", "model.norm.ghost"}, {"values", {2, 4, 8, 16, 32}}}},
          {"cells", cells}};
}

}  // namespace

Json sample_report() {
  std::mt19937 random(6);
  Json report{
      {"title", "A sample for tests: how many samples batch norm needs"},
      {"norma", "0.0.0 (sample)"},
      {"date", "2026-11-23"},
      {"command", "./norma compare configs/studies/sample.json"},
      {"exploratory", false},
      {"complete", true},
      {"confidence", 0.95},
      {"metric", {{"name", "test/error"}, {"unit", "share of images"}, {"tuned_on", "val/loss"}}},
      {"budget", "At this tuning budget: 5 rates × 2 seeds an arm, 300 steps."}};
  report["verdict"] = {
      "batch_norm_2 diverged in 2 of 5 seeds (95 % interval 5 to 85 %); its mean counts those at "
      "their initial error.",
      "batch_norm_4, batch_norm_8 and group_norm are worse than batch_norm_32.",
      "batch_norm_16 is equivalent to batch_norm_32 within ±3 %."};
  report["notes"] = {"One task: no interquartile mean.",
                     "batch_norm_2 is not tuned: its best rate lies at the edge of the grid."};
  report["differences"] = {{{"arm", "group_norm"},
                            {"what", "parameters"},
                            {"here", "78,058"},
                            {"baseline", "78,042"},
                            {"allowed", true}},
                           {{"arm", "batch_norm_2"},
                            {"what", "tuning budget"},
                            {"here", "12 trials"},
                            {"baseline", "10 trials"},
                            {"allowed", false}}};
  report["claim"] = {
      {"number", 5},
      {"citation", "A. Author and B. Author, \"A paper made up for tests\" (2018)"},
      {"published", "the error rises below a batch of 8"},
      {"verdict", "pass"},
      {"outcomes",
       {{{"test", "batch_norm_2 greater than batch_norm_32"},
         {"verdict", "pass"},
         {"estimate", 0.0301},
         {"low", 0.0262},
         {"high", 0.0340},
         {"threshold", "above 0"},
         {"sentence", "The error at a statistics batch of 2 is 0.030 above that at 32."},
         {"overlays",
          {{{"title", "growth where batch_norm_2"},
            {"statement", "between l and 2l behind block l"},
            {"x_name", "block"},
            {"y_name", "growth"},
            {"log", false},
            {"x", {1, 2, 3}},
            {"y", {1.5, 2.5, 6.6}},
            {"low", {1.4, 2.4, 6.3}},
            {"high", {1.6, 2.6, 6.9}},
            {"predicted_low", {1, 2, 3}},
            {"predicted_high", {2, 4, 6}},
            {"deviation", 0.1},
            {"score", "10 % beyond the prediction where it is worst"},
            {"why_not", ""}},
           {{"title", "growth where group_norm"},
            {"why_not", "does not apply, because <nothing> is as supposed"}}}}}}},
      {"published_curve",
       {{"name", "error, %"},
        {"x_name", "statistics batch"},
        {"x", {2, 4, 8, 16, 32}},
        {"y", {34.7, 27.3, 24.2, 23.7, 23.6}}}}};
  for (const char* list : {"arms", "comparisons", "tuning", "curves", "trials"})
    report[list] = Json::array();
  for (const MadeArm& arm : kArms) add_arm(report, arm, random);
  report["heat_map"] = heat_map_of();
  report["profile"] = profile_of();
  report["measures"] = {{{"name", "IQM"},
                         {"arm", "batch_norm_32"},
                         {"value", nullptr},
                         {"low", nullptr},
                         {"high", nullptr},
                         {"why_not", "needs three tasks, there is one"}},
                        {{"name", "P(X < baseline)"},
                         {"arm", "batch_norm_16"},
                         {"value", 0.44},
                         {"low", nullptr},
                         {"high", nullptr},
                         {"why_not", ""}}};
  report["environment"] = {{"cpu", "a CPU made up"},
                           {"cores", 2},
                           {"threads", 2},
                           {"mode", "2 trials side by side"},
                           {"build", "sample"}};
  report["data_card"] = {{"type", "shapes"},
                         {"source", "made up"},
                         {"licence", "none"},
                         {"splits", {{"test", {{"samples", 2000}}}}}};
  return report;
}

}  // namespace norma
