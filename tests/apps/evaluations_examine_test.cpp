#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "apps/evaluations/evaluations.h"
#include "core/config/config.h"
#include "tests/apps/small_trainings.h"
#include "tests/catch.h"
#include "tests/data/scratch.h"
#include "tests/specimen.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

EvaluationOptions evaluation_of(const Json& json) {
  EvaluationOptions options;
  read_config(json, "the test", [&](Fields& f) { options.describe(f); });
  return options;
}

std::map<std::string, double> figures_of(Training& training, const Json& json) {
  const Figures figures = examine(training, evaluation_of(json));
  return {figures.begin(), figures.end()};
}

// Everything at once.
const Json kEveryEvaluation{{"calibration", true},
                            {"noise", {0, 0.1}},
                            {"blur", {1}},
                            {"contrast", {0.5}},
                            {"rotation", {-15}},
                            {"occlusion", {3}},
                            {"label_noise", {0.2}},
                            {"corpus",
                             {{"type", "shapes"},
                              {"size", 8},
                              {"channels", 1},
                              {"classes", 3},
                              {"noise", 0.2},
                              {"samples", 20},
                              {"test_samples", 10}}},
                            {"fgsm", {0.03}},
                            {"pgd", {{"eps", {0.03}}, {"steps", 2}}},
                            {"batch_of_one", true},
                            {"batch_statistics", true},
                            {"drift", true},
                            {"poison_rate", true}};

void check_same_training(Training& a, Training& b) {
  CHECK(a.steps_done() == b.steps_done());
  CHECK(same_bits(a.params().values(), b.params().values()));
  for (size_t i = 0; i < a.params().buffers().size(); ++i)
    CHECK(same_bits(a.params().buffers()[i].value, b.params().buffers()[i].value));
  const auto of_a = a.weights(), of_b = b.weights();  // averages
  for (size_t i = 0; i < of_a.size(); ++i)
    CHECK(std::memcmp(of_a[i].data, of_b[i].data, of_a[i].bytes) == 0);
}

}  // namespace

TEST_CASE("examine: leaves the training as it was, bit for bit", "[apps]") {
  for (const char* norm : {"batch_norm", "online_norm", "power_norm", "switchable_norm"})
    for (const char* reparam : {"", "spectral_norm"}) {
      if (*reparam && std::string(norm) != "batch_norm") continue;
      CAPTURE(norm, reparam);
      Json config = small_resnet(norm);
      config["model"]["drop_path"] = 0.3;
      if (*reparam) config["model"]["reparam"] = reparam;
      config["data"]["poison"] = {{"share", 0.1}, {"towards", 1}};
      config["train"]["ema"] = 0.8;
      config["train"]["accumulate"] = 2;
      if (*reparam) config["train"]["precision"] = "fp32";
      Training examined(run_config_of(config)), left_alone(run_config_of(config));
      train_for(examined, 3), train_for(left_alone, 3);
      const Figures once = examine(examined, evaluation_of(kEveryEvaluation));
      check_same_training(examined, left_alone);
      CHECK(examine(examined, evaluation_of(kEveryEvaluation)) == once);
      CHECK(examined.step().loss == left_alone.step().loss);
      CHECK(examined.evaluate(Split::kTest)->loss == left_alone.evaluate(Split::kTest)->loss);
      train_for(examined, 1), train_for(left_alone, 1);
      check_same_training(examined, left_alone);
    }
}

TEST_CASE("examine: figures by name, in the order of the options", "[apps]") {
  Json config = small_resnet();
  config["data"]["poison"] = {{"share", 0.1}, {"towards", 1}};
  Training training(run_config_of(config));
  train_for(training, 3);
  std::string names;
  for (const auto& [name, value] : examine(training, evaluation_of(kEveryEvaluation))) {
    names += name + " ";
    CHECK(std::isfinite(value));
  }
  std::string expected;
  for (const std::string condition : {"clean", "noise_0", "noise_0.1", "blur_1", "contrast_0.5",
                                      "rotation_-15", "occlusion_3", "label_noise_0.2", "corpus"}) {
    for (const char* figure : {"/loss ", "/accuracy ", "/ece ", "/brier ", "/nll "})
      expected += condition + figure;
    if (condition != "label_noise_0.2")
      expected += condition + "/drift_mean " + condition + "/drift_log_std ";
  }
  for (const std::string condition : {"fgsm_0.03", "pgd_0.03", "batch_of_one", "batch_statistics"})
    expected += condition + "/loss " + condition + "/accuracy ";
  CHECK(names == expected + "poison/rate poison/true_accuracy poison/poisoned_accuracy ");
}

TEST_CASE("examine: clean figures are those of an evaluation, by the averaged weights", "[apps]") {
  Json config = small_resnet();
  config["train"]["ema"] = 0.8;
  config["loss"] = {{"type", "cross_entropy"}, {"label_smoothing", 0.1}};
  Training training(run_config_of(config));
  train_for(training, 10);
  const EvalReport evaluated = *training.evaluate(Split::kTest);
  auto found = figures_of(training, {{"calibration", true}, {"drift", true}});
  CHECK(found["clean/loss"] == Approx(evaluated.loss).epsilon(1e-12));
  CHECK(found["clean/accuracy"] == evaluated.accuracy);
  CHECK(std::abs(found["clean/nll"] - found["clean/loss"]) > 1e-4);  // without smoothing
  CHECK(figures_of(training, Json::object())["clean/loss"] ==
        Approx(evaluated.loss).epsilon(1e-12));
  CHECK(figures_of(training, {{"split", "validation"}})["clean/loss"] ==
        Approx(training.evaluate(Split::kValidation)->loss).epsilon(1e-12));
  config["train"]["eval_samples"] = 7;
  Training fewer(run_config_of(config));
  CHECK(figures_of(fewer, {{"samples", 7}})["clean/loss"] ==
        Approx(fewer.evaluate(Split::kTest)->loss).epsilon(1e-12));
}

TEST_CASE("examine: nothing shifted changes nothing, shifts do", "[apps]") {
  Training training(run_config_of(small_resnet()));
  train_for(training, 20);
  auto found = figures_of(training, {{"noise", {0, 0.3}},
                                     {"contrast", {1, 0}},
                                     {"rotation", {0, 360, 45}},
                                     {"label_noise", {0, 1}},
                                     {"drift", true}});
  for (const char* same : {"noise_0", "rotation_0", "rotation_360"})
    for (const char* figure : {"/loss", "/accuracy", "/drift_mean", "/drift_log_std"})
      CHECK(found[std::string(same) + figure] == found[std::string("clean") + figure]);
  CHECK(found["contrast_1/loss"] == Approx(found["clean/loss"]).epsilon(1e-12));
  CHECK(found["label_noise_0/loss"] == found["clean/loss"]);
  for (const char* other : {"noise_0.3", "contrast_0", "rotation_45"}) {
    CHECK(found[std::string(other) + "/loss"] != found["clean/loss"]);
    CHECK(found[std::string(other) + "/drift_mean"] > found["clean/drift_mean"]);
  }
  // Every label is now another: what was right is wrong.
  CHECK(found["label_noise_1/accuracy"] <= 1 - found["clean/accuracy"]);
  CHECK(found["label_noise_1/loss"] > found["clean/loss"]);
  // Without contrast all images say the same of the three classes.
  CHECK(std::abs(found["contrast_0/accuracy"] - 1.0 / 3) < 0.2);
}

TEST_CASE("examine: drift from the training split to itself is 0", "[apps]") {
  for (Json config : {small_resnet(), small_mlp("layer_norm")}) {
    Training training(run_config_of(config));
    train_for(training, 3);
    auto home = figures_of(training, {{"split", "train"}, {"drift", true}});
    CHECK(home["clean/drift_mean"] == 0);
    CHECK(home["clean/drift_log_std"] == 0);
    auto away = figures_of(training, {{"drift", true}});
    CHECK(away["clean/drift_mean"] > 0);
    CHECK(away["clean/drift_log_std"] > 0);
  }
}

TEST_CASE("examine: one by one as in any batch", "[apps]") {
  for (const char* norm : {"layer_norm", "batch_norm", "group_norm"})
    for (Json config : {small_resnet(), small_mlp()}) {
      config["model"]["norm"] = norm;
      if (norm == std::string("group_norm"))
        config["model"]["norm"] = {{"type", norm}, {"groups", 2}};
      Training training(run_config_of(config));
      train_for(training, 5);
      auto found = figures_of(training, {{"batch_of_one", true}, {"batch_statistics", true}});
      CAPTURE(norm);
      CHECK(found["batch_of_one/loss"] == Approx(found["clean/loss"]).epsilon(1e-12));
      CHECK(found["batch_of_one/accuracy"] == found["clean/accuracy"]);
      const double apart = std::abs(found["batch_statistics/loss"] - found["clean/loss"]);
      if (norm == std::string("batch_norm"))
        CHECK(apart > 1e-4);
      else
        CHECK(apart == 0);
    }
}

TEST_CASE("examine: statistics of the batch are those of a norm that tracks none", "[apps]") {
  Json config = small_resnet();
  config["model"]["norm"] = {{"type", "batch_norm"}};
  config["model"]["drop_path"] = 0.5;  // off all the same
  Training tracking(run_config_of(config));
  config["model"]["norm"]["track_running_stats"] = false;
  Training plain(run_config_of(config));
  train_for(tracking, 5), train_for(plain, 5);
  auto of_batch = figures_of(tracking, {{"batch_statistics", true}});
  auto expected = figures_of(plain, Json::object());
  CHECK(of_batch["batch_statistics/loss"] == Approx(expected["clean/loss"]).epsilon(1e-12));
  CHECK(of_batch["batch_statistics/accuracy"] == expected["clean/accuracy"]);
}

TEST_CASE("examine: what became of poisoned labels", "[apps]") {
  Json config = small_resnet();
  config["data"]["poison"] = {{"share", 0.3}, {"towards", 2}};
  config["train"]["steps"] = 150;
  Training training(run_config_of(config));
  auto before = figures_of(training, {{"poison_rate", true}});
  train_for(training, 150);  // until it knows its training samples by heart
  auto after = figures_of(training, {{"poison_rate", true}, {"split", "train"}});
  CHECK(after["clean/accuracy"] == 1);
  CHECK(after["poison/poisoned_accuracy"] == 1);
  CHECK(after["poison/true_accuracy"] == 0);
  CHECK(after["poison/rate"] == 0);  // of the samples that are not labelled so, and known by heart
  CHECK(before["poison/poisoned_accuracy"] + before["poison/true_accuracy"] <= 1);

  config["data"].erase("poison");
  Training clean(run_config_of(config));
  const Figures found = examine(clean, evaluation_of({{"poison_rate", true}}));
  CHECK(found.back().first == "poison/rate");
}

TEST_CASE("examine: another text, read with the training's tokenizer", "[apps]") {
  const ScratchFolder folder;
  std::string text, other;
  for (int i = 0; i < 60; ++i) text += "the quick brown fox jumps over the lazy dog. ";
  for (int i = 0; i < 60; ++i) other += "zebras vex my kind wolf; ";
  other.erase(std::remove(other.begin(), other.end(), ';'), other.end());
  const auto data_of = [&](const char* name, const std::string& content) -> Json {
    return {{"type", "text"}, {"source", folder.write(name, content)}, {"test_fraction", 0.2}};
  };
  Json config{
      {"model", {{"type", "gpt"}, {"layers", 1}, {"width", 16}, {"heads", 2}, {"context", 8}}},
      {"data", data_of("text", text)},
      {"optim", {{"type", "adamw"}, {"lr", 0.01}}},
      {"train", {{"steps", 60}, {"batch", 8}, {"precision", "fp64"}, {"eval_every", 0}}}};
  Training training(run_config_of(config));
  train_for(training, 60);
  auto same = figures_of(training, {{"corpus", data_of("text", text)}, {"calibration", true}});
  CHECK(same["corpus/loss"] == same["clean/loss"]);
  CHECK(same["corpus/ece"] == same["clean/ece"]);
  CHECK(same["clean/nll"] == Approx(same["clean/loss"]).epsilon(1e-12));
  auto foreign = figures_of(training, {{"corpus", data_of("other", other)}, {"drift", true}});
  CHECK(foreign["corpus/loss"] > foreign["clean/loss"] + 0.5);
  CHECK(foreign["corpus/drift_mean"] > foreign["clean/drift_mean"]);
  const auto refused = [&](const Json& corpus) {
    return error_of([&] { examine(training, evaluation_of({{"corpus", corpus}})); });
  };
  CHECK_THAT(refused(data_of("odd", other + "0123456789" + other)),
             ContainsSubstring("'0'") && ContainsSubstring("does not occur"));
  Json short_context = data_of("other", other);
  short_context["context"] = 4;
  CHECK_THAT(refused(short_context), ContainsSubstring("its context is 4"));
  Json no_test = data_of("other", other);
  no_test["test_fraction"] = 0;
  CHECK_THAT(refused(no_test), ContainsSubstring("no test split; it has: train"));
  CHECK_THAT(refused({{"type", "spirals"}}), ContainsSubstring("another kind"));
}

TEST_CASE("examine: what does not fit the data is refused before anything runs", "[apps]") {
  Training points(run_config_of(small_mlp())), images(run_config_of(small_resnet()));
  const auto refused = [](Training& training, const Json& json) {
    const EvaluationOptions options = evaluation_of(json);
    const std::string now = error_of([&] { check_evaluation(training, options); });
    CHECK(error_of([&] { examine(training, options); }) == now);
    return now;
  };
  CHECK_THAT(refused(points, {{"noise", {0.1}}}), ContainsSubstring("noise is for images"));
  CHECK_THAT(refused(points, {{"pgd", {{"eps", {0.1}}}}}), ContainsSubstring("pgd is for images"));
  CHECK_THAT(refused(points, {{"poison_rate", true}}), ContainsSubstring("poison_rate is for"));
  CHECK_THAT(refused(images, {{"occlusion", {9}}}), ContainsSubstring("side 9 does not fit"));
  Json without = small_mlp();
  without["data"]["test_samples"] = 0;
  Training untested(run_config_of(without));
  CHECK_THAT(refused(untested, Json::object()), ContainsSubstring("the data has no test split"));
  CHECK(figures_of(points, {{"label_noise", {0.5}}}).contains("label_noise_0.5/loss"));

  CHECK_THROWS_AS(evaluation_of({{"noise", {0.1, 0.1}}}), ConfigError);
  CHECK_THROWS_AS(evaluation_of({{"fgsm", {0}}}), ConfigError);
  CHECK_THROWS_AS(evaluation_of({{"pgd", {{"steps", 0}}}}), ConfigError);
  CHECK_THROWS_AS(evaluation_of({{"nose", {0.1}}}), ConfigError);
}

}  // namespace norma
