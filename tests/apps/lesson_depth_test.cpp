// What the lessons on depth show: 3, 5, 6 and 8.
#include <cmath>

#include "apps/statistics/descriptive.h"
#include "tests/apps/lesson_commands.h"
#include "tests/catch.h"

namespace norma {
namespace {

Json record_of(const LessonCommands& lesson, const std::string& folder, size_t record = 0) {
  return lesson.json_lines(folder + "/probe.jsonl").at(record);
}

// By what factor a layer the gradient grows on its way down.
double growth_a_layer(const Json& record, const char* op) {
  const Numbers rms = of_modules(record, op, "backward", "rms");
  REQUIRE(rms.size() > 2);
  return std::pow(rms.front() / rms.back(), 1 / static_cast<double>(rms.size() - 1));
}

}  // namespace

TEST_CASE("lesson 3: what depth does without norms", "[lessons]") {
  const LessonCommands lesson(3, {{"data=spirals", "data=spirals model.width=64"}});
  REQUIRE(lesson.failed().empty());
  const Json small = record_of(lesson, "03_small"), right = record_of(lesson, "03_right"),
             large = record_of(lesson, "03_large"), norm = record_of(lesson, "03_layer_norm");
  CHECK(growth_a_layer(small, "activation") == Approx(0.408).margin(0.01));
  CHECK(growth_a_layer(right, "activation") == Approx(1).margin(0.03));
  CHECK(growth_a_layer(large, "activation") == Approx(1.633).margin(0.03));
  CHECK(growth_a_layer(norm, "activation") == Approx(0.99).margin(0.03));

  const auto last = [](const Json& record, const char* gauge) {
    return of_modules(record, "activation", "forward", gauge).back();
  };
  CHECK(last(small, "variance") > 3e-4);
  CHECK(last(small, "variance") < 1e-3);
  CHECK(last(small, "channel_variance") < 1e-5 * last(small, "variance"));
  for (const Json& level : {right, norm})
    CHECK(last(level, "channel_variance") > 0.01 * last(level, "variance"));
  CHECK(last(large, "variance") > 1e11);
  CHECK(median_of(of_parts(norm, "norms", "norm_gradient/gain_median")) ==
        Approx(std::sqrt(6)).margin(0.2));
  // Exercise 5: batch norm's gradient explodes, in the square by about π/(π − 1) a layer.
  const double growth = growth_a_layer(record_of(lesson, "batch-norm"), "norm");
  CHECK(growth * growth > 1.35);
  CHECK(growth * growth < 1.6);
}

TEST_CASE("lesson 5: the gain undoes a factor, here and nowhere else", "[lessons]") {
  const LessonCommands lesson(5);
  REQUIRE(lesson.failed().empty());
  const Json one = record_of(lesson, "layers/05_one"), ten = record_of(lesson, "layers/05_ten");
  const Numbers gain_one = of_parts(one, "norms", "norm_gradient/gain_median"),
                gain_ten = of_parts(ten, "norms", "norm_gradient/gain_median");
  REQUIRE(gain_one.size() == gain_ten.size());
  int changed = 0;
  for (size_t i = 0; i < gain_one.size(); ++i) {
    const double ratio = gain_ten[i] / gain_one[i];
    if (std::fabs(ratio - 1) < 1e-3) continue;
    ++changed;
    CHECK((ratio == Approx(10).epsilon(1e-2) || ratio == Approx(0.1).epsilon(1e-2)));
  }
  CHECK(changed == 2);

  const Json gpt = record_of(lesson, "gpt/05_gpt"), gpt_ten = record_of(lesson, "gpt/05_gpt_ten");
  const Numbers gains = of_parts(gpt, "norms", "norm_gradient/gain_median");
  CHECK(gains.front() > 1.5 * gains.back());
  for (const double gain : of_parts(gpt_ten, "norms", "norm_gradient/gain_median"))
    CHECK(gain == Approx(5.35).margin(0.3));
  CHECK(of_parts(gpt_ten, "norms", "norm_gradient/left_u").front() <
        0.1 * of_parts(gpt, "norms", "norm_gradient/left_u").front());
}

TEST_CASE("lesson 6: the mean takes out the direction 1", "[lessons]") {
  const LessonCommands lesson(6, {{"--at every 50 train.steps=100", "--at every 20 train.steps=20"},
                                  {"./norma layer ", "./norma layer --json "}});
  REQUIRE(lesson.failed().empty());
  const auto share = [&](const char* folder, size_t record) {
    return median_of(
        of_parts(record_of(lesson, folder, record), "norms", "norm_gradient/share_one"));
  };
  CHECK(share("06_layer_norm", 0) == Approx(share("06_rms_norm", 0)).epsilon(0.5));
  CHECK(share("06_layer_norm", 1) < 0.005);
  CHECK(share("06_rms_norm", 1) > 0.008);

  const auto length = [&](size_t command, size_t norm) {
    const Json shown = parse_json(lesson.ended(command).out, "the output");
    double squares = 0;
    for (const double dx : shown.at("norms").at(norm).at("dx").get<Numbers>()) squares += dx * dx;
    return std::sqrt(squares);
  };
  CHECK(length(1, 0) < 1e-9);
  CHECK(length(1, 1) == Approx(0.336).margin(0.001));
  CHECK(length(2, 0) == Approx(1.082).margin(0.001));
  CHECK(length(2, 1) == Approx(0.0270).margin(0.0002));
}

TEST_CASE("lesson 8: more groups, larger gradients and less similar samples", "[lessons]") {
  const LessonCommands lesson(8, {{"seeds=10",
                                   "seeds=3 claim=null base.model.layers=5 "
                                   "vary='{\"model.norm.groups\":[1,64,128]}'"}});
  REQUIRE(lesson.failed().empty());
  double growth_before = 0, last_before = 1, first_before = 0;
  for (const char* groups : {"1", "16", "64", "128", "256"}) {
    const Json record = record_of(lesson, std::string("depth/08_groups_") + groups);
    const double growth = growth_a_layer(record, "norm");
    const auto similarity = record.at("model").at("sample_similarity").get<Numbers>();
    CHECK(growth > growth_before);
    CHECK(similarity.back() < last_before);
    CHECK(similarity.front() > first_before);
    growth_before = growth;
    last_before = similarity.back();
    first_before = similarity.front();
  }
  const Json groups_64 = record_of(lesson, "depth/08_groups_64");
  const double along = mean_of(of_parts(groups_64, "norms", "norm_gradient/share_u"));
  CHECK(along ==
        Approx(mean_of(of_parts(groups_64, "norms", "norm_gradient/baseline"))).epsilon(0.15));
  const std::map<std::string, double> studied = lesson.means("growth", "score");
  CHECK(studied.at("groups=1") < studied.at("groups=64"));
  CHECK(studied.at("groups=64") < studied.at("groups=128"));
}

}  // namespace norma
