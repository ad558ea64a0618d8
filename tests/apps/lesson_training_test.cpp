// What the lessons on training show: 9 to 13.
#include <cmath>

#include "tests/apps/lesson_commands.h"
#include "tests/catch.h"

namespace norma {
namespace {

// A gauge of one part over the records of a run.
Numbers course_of(const LessonCommands& lesson, const std::string& folder, const char* list,
                  const std::string& gauge, size_t part) {
  Numbers course;
  for (const Json& record : lesson.json_lines(folder + "/probe.jsonl"))
    course.push_back(of_parts(record, list, gauge).at(part));
  return course;
}

double last_loss(const LessonCommands& lesson, const std::string& run) {
  double loss = NAN;
  for (const Json& line : lesson.json_lines(run + "/metrics.jsonl"))
    if (line.contains("val/loss")) loss = line.at("val/loss").get<double>();
  return loss;
}

}  // namespace

TEST_CASE("lesson 9: post-norm's early gradients, and warmup", "[lessons]") {
  const LessonCommands lesson(
      9, {{"04_post_ln_gradients.json",
           "04_post_ln_gradients.json seeds=3 claim=null "
           "vary='{\"model.layers\":[4,16],\"model.placement\":[\"pre\",\"post\"]}'"},
          {"09_warmup.json", "09_warmup.json seeds=1 steps=60"}});
  REQUIRE(lesson.failed().empty());
  std::map<std::string, double> norm = lesson.means("slopes", "score");
  const auto slope = [&](const std::string& placement) {
    return std::log(norm.at("layers=16/" + placement) / norm.at("layers=4/" + placement)) /
           std::log(4);
  };
  CHECK(slope("pre") == Approx(-0.5).margin(0.25));
  CHECK(std::fabs(slope("post")) < 0.2);

  // How much smaller the gradient is at the bottom than at the top, by record.
  const auto bottom_over_top = [&](const char* run, size_t record, int output) {
    Numbers rms;
    const Json all = lesson.json_lines(std::string("early/") + run + "/probe.jsonl").at(record);
    for (const Json& module : all.at("modules"))
      if (module.at("op") == "norm" && module.at("output") == output &&
          module.at("backward").is_object())
        rms.push_back(module.at("backward").at("rms").get<double>());
    return rms.at(1) / rms.back();
  };
  CHECK(bottom_over_top("09_post", 0, 1) > 0.5);
  CHECK(bottom_over_top("09_post", 1, 1) < 0.02);
  CHECK(bottom_over_top("09_post", 4, 1) < 1e-3);
  for (size_t record = 0; record < 5; ++record) CHECK(bottom_over_top("09_pre", record, 0) > 0.3);
  CHECK(bottom_over_top("09_post_warmup", 4, 1) > 10 * bottom_over_top("09_post", 4, 1));

  std::map<std::string, double> loss = lesson.means("warmup", "score");
  double without = 0, most = 0;
  for (const auto& [arm, score] : loss) {
    if (arm.find("post") != std::string::npos && arm.find("warmup=0") != std::string::npos)
      without = score;
    else
      most = std::max(most, score);
  }
  CHECK(without > most + 0.3);
}

TEST_CASE("lesson 10: weights without a scale turn by √(2ηλ) a step", "[lessons]") {
  const LessonCommands lesson(10);
  REQUIRE(lesson.failed().empty());
  CHECK(lesson.has("report.html"));
  for (size_t layer = 0; layer < 3; ++layer) {
    const auto course = [&](const char* run, const char* gauge) {
      Numbers numbers;
      for (const Json& record : lesson.json_lines(std::string(run) + "/probe.jsonl"))
        for (const Json& parameter : record.at("parameters"))
          if (parameter.at("name") == "layers." + std::to_string(layer) + ".weight") {
            const Json::json_pointer at(std::string("/") + gauge);
            // The record of the last weights has no step that turns them.
            if (parameter.contains(at)) numbers.push_back(parameter.at(at).get<double>());
          }
      return numbers;
    };
    const auto settled = [&](const char* run) {
      const Numbers angle = course(run, "rotation/angle");
      return median_of(Numbers(angle.end() - 10, angle.end()));
    };
    CHECK(settled("decay") == Approx(std::sqrt(2 * 0.1 * 0.02)).epsilon(0.06));
    CHECK(settled("strong") == Approx(std::sqrt(2 * 0.1 * 0.08)).epsilon(0.06));
    CHECK(settled("none") < 0.005);
    const Numbers length = course("none", "param_norm");
    CHECK(std::is_sorted(length.begin(), length.end()));
    CHECK(course("strong", "param_norm").back() < 0.7 * course("decay", "param_norm").back());
  }
}

TEST_CASE("lesson 11: logits explode, and a norm on queries and keys holds them", "[lessons]") {
  const LessonCommands lesson(
      11, {{"11_attention.json", "11_attention.json train.steps=60 train.eval_every=60"},
           {"11_rates.json",
            "11_rates.json seeds=1 steps=60 "
            "tune='{\"optim.lr\":{\"log\":[0.005,0.04],\"count\":2}}'"}});
  REQUIRE(lesson.failed().empty());
  const Numbers plain = course_of(lesson, "plain", "attention", "largest_logit/largest", 0),
                held = course_of(lesson, "qk-norm", "attention", "largest_logit/largest", 0);
  CHECK(plain.front() < 1);
  CHECK(plain.back() > 100);
  for (const double logit : held) CHECK(logit < 20);
  CHECK(course_of(lesson, "plain", "attention", "attention_entropy/mean", 0).back() < 0.3);
  CHECK(course_of(lesson, "qk-norm", "attention", "attention_entropy/mean", 0).back() > 0.8);
  CHECK(last_loss(lesson, "qk-norm") < last_loss(lesson, "plain"));
}

TEST_CASE("lesson 12: what stands in for a norm", "[lessons]") {
  const LessonCommands lesson(12, {{"12_norm_free.json", "12_norm_free.json seeds=1 steps=20"},
                                   {"seeds=8 costs=false", "seeds=3 claim=null costs=false"},
                                   {"12_clipping.json", "12_clipping.json seeds=1 steps=20"},
                                   {"--at every 20 ", "--at every 20 train.steps=20 "}});
  REQUIRE(lesson.failed().empty());
  const auto variance = [&](const char* run) {
    return lesson.json_lines(std::string("start/") + run + "/probe.jsonl")
        .at(0)
        .at("model")
        .at("stream_variance")
        .get<Numbers>();
  };
  CHECK(variance("12_nothing").back() > 1e7);
  CHECK(variance("12_layer_norm").back() < 30);
  CHECK(variance("12_dyt").back() < 12);
  CHECK(variance("12_skip_init").back() == Approx(variance("12_skip_init").front()));

  const Numbers
      saturated = course_of(lesson, "dyt", "norms", "saturated", 0),
      last = course_of(
          lesson, "dyt", "norms", "saturated",
          of_parts(lesson.json_lines("dyt/probe.jsonl").at(0), "norms", "saturated").size() - 1);
  CHECK(last.front() == Approx(0.21).margin(0.05));
  CHECK(last.back() > last.front() + 0.2);
  CHECK(last.back() > saturated.back());

  std::map<std::string, double> loss = lesson.means("norm-free", "score");
  int broken = 0;
  for (const auto& [arm, score] : loss) {
    if (arm.find("nothing") != std::string::npos) continue;
    CHECK(score < 3);
    ++broken;
  }
  CHECK(broken >= 3);
}

TEST_CASE("lesson 13: gates that start shut open, attention's first", "[lessons]") {
  const LessonCommands lesson(13, {{"configs/lessons/13_ada_zero.json --out",
                                    "configs/lessons/13_ada_zero.json "
                                    "train.steps=120 train.eval_every=120 --out"},
                                   {"--numerics --html", "--numerics --json --html"}});
  REQUIRE(lesson.failed().empty());
  CHECK(lesson.has("ada/report.html"));
  // Before the first step nothing reaches what is inside a branch; after it everything is reached.
  const std::vector<Json> first = lesson.json_lines("first/probe.jsonl");
  const auto unreached = [](const Json& record, const char* part) {
    int count = 0;
    for (const Json& parameter : record.at("parameters"))
      if (parameter.at("name").get<std::string>().find(part) != std::string::npos &&
          parameter.at("grad_norm") == 0)
        ++count;
    return count;
  };
  for (const char* inside : {".attn.", ".ffn."}) {
    CHECK(unreached(first.at(0), inside) > 0);
    CHECK(unreached(first.at(1), inside) == 0);
  }
  CHECK(unreached(first.at(0), "_modulation.bias") == 0);

  const std::vector<Json> records = lesson.json_lines("ada/probe.jsonl");
  for (const double gate : of_parts(records.front(), "joins", "gate")) CHECK(gate == 0);
  const Numbers gates = of_parts(records.back(), "joins", "gate");
  REQUIRE(gates.size() == 8);
  for (size_t block = 0; block < 4; ++block)
    CHECK(gates[2 * block] > 1.4 * gates[2 * block + 1]);  // attention, feed-forward

  // One pass loses a hundredth of a variance three orders of magnitude before Welford does.
  const std::string numerics = lesson.ended(lesson.count() - 2).out;
  CHECK(numerics.find("one pass: a hundredth of the variance is lost") != std::string::npos);
  CHECK(numerics.find("some variances are negative") != std::string::npos);
}

}  // namespace norma
