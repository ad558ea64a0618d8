// Theories about initialization: what they predict, when they refuse, and the claims that rest on
// them, at a reduced size.
#include "apps/gauges/theory.h"

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/gauges/gauges.h"
#include "tests/catch.h"
#include "tests/paths.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;
using Words = std::vector<std::string>;

Json claim_file(const std::string& name) {
  return load_json(std::filesystem::path(source_dir()) / "configs" / "claims" / (name + ".json"));
}

RunConfig base_of(const std::string& claim, const Words& overrides) {
  return read_run_config(claim_file(claim).at("base"), claim, overrides, nullptr);
}

// A gauge by block, the mean over seeds.
std::vector<double> mean_of(const std::string& claim, const std::string& gauge, Words overrides,
                            int seeds) {
  std::vector<double> mean;
  overrides.push_back("");
  for (int seed = 1; seed <= seeds; ++seed) {
    overrides.back() = "train.seed=" + std::to_string(seed);
    Training training(base_of(claim, overrides));
    const std::vector<double> values = read_gauge(training, gauge);
    mean.resize(values.size());
    for (size_t i = 0; i < values.size(); ++i) mean[i] += values[i] / seeds;
  }
  return mean;
}

Prediction prediction(const std::string& claim, const std::string& theory, const Words& overrides) {
  Training training(base_of(claim, overrides));
  return predict(theory, training);
}

constexpr const char* kStream = "05_stream_growth";
const Words kNarrow{"model.width=64", "model.ffn.hidden=64", "model.init_std=0.125"};
constexpr const char* kSawtooth = "11_nf_res_net_sawtooth";
const Words kSmallNet{"model.stages=[1,2]", "model.width=8", "train.batch=2"};

constexpr const char* kExplosion = "13_batch_norm_explosion";
constexpr const char* kGrowth = "14_group_size_gradients";
constexpr const char* kSimilarity = "14_group_size_similarity";
const Words kShallow{"model.layers=3"};

Words with_option(Words words, const std::string& more) {
  words.push_back(more);
  return words;
}

}  // namespace

TEST_CASE("theory: what is predicted", "[gauges]") {
  const Prediction pre = prediction(kStream, "xiong_pre_ln", {"model.layers=3"});
  CHECK(pre.why_not == "");
  CHECK(pre.low == std::vector<double>{1.5, 2, 2.5});
  CHECK(pre.high == std::vector<double>{2.5, 4, 5.5});
  const Prediction post =
      prediction(kStream, "xiong_post_ln", {"model.layers=3", "model.placement=post"});
  CHECK(post.why_not == "");
  CHECK(post.low == std::vector<double>(3, 1.5));
  CHECK(post.high == post.low);
  const Prediction nf =
      prediction(kSawtooth, "nf_sawtooth", with_option(kSmallNet, "model.alpha=0.5"));
  CHECK(nf.why_not == "");
  CHECK(nf.low == std::vector<double>{1.25, 1.25, 1.5});
  CHECK(nf.high == nf.low);
}

TEST_CASE("theory: does not apply where something is supposed that is not so", "[gauges]") {
  const auto transformer = [](const std::string& change) {
    const Prediction made = prediction(kStream, "xiong_pre_ln",
                                       with_option(with_option(kNarrow, "model.layers=2"), change));
    CHECK(made.low.empty());
    CHECK(made.high.empty());
    return made.why_not;
  };
  for (const auto& [change, reason] : std::vector<std::pair<std::string, std::string>>{
           {"model.placement=post", "model.placement is \"post\" and not \"pre\""},
           {"model.ffn.activation=gelu", "model.ffn.activation is \"gelu\" and not \"relu\""},
           {"model.dropout=0.1", "model.dropout is 0.1 and not 0.0"},
           {"model.share_layers=2", "model.share_layers is 2 and not 1"},
           {"model.qk_init_std=null", "queries and keys do not start at 0"},
           {"model.output_init=depth_scaled", "blocks.0.attn.out.weight is not drawn from N(0, 1/"},
           {"model.ffn.hidden=96", "blocks.0.ffn.down.weight is not drawn from N(0, 1/96)"},
           {"model.embedding_scale=false", "the mean square of what enters the first block is 0.0"},
           {"model.norm=dyt", "the mean square of a row behind a norm is "}}) {
    INFO(change);
    CHECK_THAT(transformer(change),
               ContainsSubstring("does not apply, because ") && ContainsSubstring(reason));
  }
  // The theory speaks of norms that set the length of a row; it does not matter which.
  CHECK(transformer("model.norm=batch_norm") != "");
  CHECK(prediction(kStream, "xiong_pre_ln", with_option(kNarrow, "model.norm=rms_norm")).applies());
  CHECK_THAT(prediction(kStream, "xiong_pre_ln",
                        with_option({"model.qk_init_std=null"}, "model.reparam=weight_norm"))
                 .why_not,
             ContainsSubstring("there is no blocks.0.attn.qkv.weight"));

  for (const auto& [change, reason] : std::vector<std::pair<std::string, std::string>>{
           {"model.skip_gain=0", "model.skip_gain is 0"},
           {"model.reparam=weight_standardization", "and not \"scaled_weight_standardization\""},
           {"model.squeeze_excite=0.5", "model.squeeze_excite is 0.5"},
           {"model.drop_path=0.1", "model.drop_path is 0.1"},
           {"model.block=bottleneck", "average pixels"},
           {"data.size=16", "padding"},
           {"data=shapes", "the variance of what enters the first block is "}}) {
    INFO(change);
    CHECK_THAT(prediction(kSawtooth, "nf_sawtooth", with_option(kSmallNet, change)).why_not,
               ContainsSubstring("does not apply, because ") && ContainsSubstring(reason));
  }

  CHECK_THAT(prediction(kStream, "nf_sawtooth", {}).why_not, ContainsSubstring("x + α F(x/β)"));
  CHECK_THAT(prediction(kSawtooth, "xiong_pre_ln", kSmallNet).why_not,
             ContainsSubstring("model.placement is null and not \"pre\""));
  CHECK_THROWS_WITH(prediction(kStream, "xiong_pre", {}), ContainsSubstring("xiong_pre_ln?"));
  Training trained(base_of(kStream, {"model.layers=1"}));
  trained.step();
  CHECK_THAT(predict("xiong_pre_ln", trained).why_not, ContainsSubstring("no longer the initial"));
}

TEST_CASE("theory: wide perceptrons with batch norm, or group norm", "[gauges]") {
  const Prediction batch = prediction(kExplosion, "batch_norm_explosion", kShallow);
  CHECK(batch.why_not == "");
  CHECK(batch.low.size() == 2);
  CHECK(std::log(batch.low[0]) == Approx(0.38318).epsilon(1e-4));
  const auto group = [](const std::string& theory, int groups) {
    return prediction(kSimilarity, theory,
                      with_option(kShallow, "model.norm.groups=" + std::to_string(groups)));
  };
  CHECK(group("group_norm_growth", 128).low == std::vector<double>(2, 1.2));
  // E κ(r) by half a million draws of the correlation, from uncorrelated samples on.
  const auto check = [&](int groups, const std::vector<double>& drawn) {
    const Prediction made = group("group_norm_similarity", groups);
    CHECK(made.why_not == "");
    REQUIRE(made.low.size() == drawn.size());
    for (size_t i = 0; i < drawn.size(); ++i) CHECK(made.low[i] == Approx(drawn[i]).margin(2e-3));
  };
  check(128, {0.3415, 0.5155, 0.6175});
  check(16, {0.3206, 0.4954, 0.6053});
  check(1, {0.3184, 0.4939, 0.605});

  for (const auto& [change, reason] : std::vector<std::pair<std::string, std::string>>{
           {"model.norm=layer_norm", "model.norm is \"layer_norm\" and not \"batch_norm\""},
           {"model.activation=tanh", "model.activation is \"tanh\" and not \"relu\""},
           {"model.width=512", "layers of 512 features are no wide ones"},
           {"model.layers=1", "between two hidden layers at least"},
           {"model.dropout=0.1", "model.dropout is 0.1"},
           {"model.norm.ghost_batch=64", "64 samples share a statistic"},
           {"train.batch=64", "64 samples share a statistic"},
           {"data=spirals", "the mean cosine of samples behind the first norm is "}}) {
    INFO(change);
    CHECK_THAT(
        prediction(kExplosion, "batch_norm_explosion", with_option(kShallow, change)).why_not,
        ContainsSubstring("does not apply, because ") && ContainsSubstring(reason));
  }
  CHECK_THAT(prediction(kExplosion, "batch_norm_explosion",
                        {"model.activation=tanh", "model.width=256", "train.batch=32"})
                 .why_not,
             ContainsSubstring("; layers of 256") && ContainsSubstring("; 32 samples"));
  CHECK_THAT(group("group_norm_growth", 256).why_not, ContainsSubstring("groups of 4 features"));
  CHECK_THAT(prediction(kStream, "group_norm_growth", {"model.layers=1"}).why_not,
             ContainsSubstring("no perceptron without skips"));
}

TEST_CASE("theory: deviations, and what intervals leave open of them", "[gauges]") {
  const Prediction bounds{.low = {1, 2}, .high = {2, 4}, .why_not = {}};
  CHECK(deviation(bounds, std::vector<double>{1, 4}) == 0);
  CHECK(deviation(bounds, std::vector<double>{0.75, 4.4}) == Approx(0.25));
  CHECK(deviation(bounds, std::vector<double>{1.5, 4.4}) == Approx(0.1));
  CHECK_THROWS_WITH(deviation(bounds, std::vector<double>{1}), ContainsSubstring("2 blocks"));
  const auto range = [&](Interval first, Interval second) {
    return deviation_range(bounds, std::vector<Interval>{first, second});
  };
  const auto check = [](Interval found, double low, double high) {
    CHECK(found.low == Approx(low));
    CHECK(found.high == Approx(high));
  };
  check(range({1, 2}, {2, 4}), 0, 0);
  check(range({0.96, 2}, {2, 4.1}), 0, 0.04);
  check(range({0.8, 0.9}, {2, 4}), 0.1, 0.2);
  check(range({0.8, 0.9}, {4.8, 5}), 0.2, 0.25);  // of the worst block, at least and at most
  check(range({0.5, 3}, {2, 4}), 0, 0.5);         // it may lie inside
  CHECK(range({1, 2}, {NAN, NAN}).low == 0);
  CHECK(std::isinf(range({1, 2}, {NAN, NAN}).high));
  CHECK_THROWS_WITH(deviation_range(bounds, {}), ContainsSubstring("2 blocks"));
}

TEST_CASE("claim 4: the last gradient is flat in depth behind post-norm, falls with pre-norm",
          "[gauges]") {
  const auto slope = [](const std::string& placement) {
    const auto norm = [&](int layers) {
      return mean_of("04_post_ln_gradients", "last_ffn_grad_norm",
                     {"model.placement=" + placement, "model.layers=" + std::to_string(layers),
                      "train.batch=4"},
                     6)
          .at(0);
    };
    return std::log(norm(16) / norm(4)) / std::log(4.0);
  };
  CHECK(std::abs(slope("post")) < 0.15);
  CHECK(std::abs(slope("pre") + 0.5) < 0.15);
}

TEST_CASE("claim 5: the stream grows with depth in a pre-norm transformer alone", "[gauges]") {
  const auto stream = [](const char* placement) {
    return mean_of(kStream, "stream_square",
                   with_option(with_option(kNarrow, "model.layers=3"),
                               std::string("model.placement=") + placement),
                   30);
  };
  const Prediction pre =
      prediction(kStream, "xiong_pre_ln", with_option(kNarrow, "model.layers=3"));
  CHECK(deviation(pre, stream("pre")) == 0);
  for (const double square : stream("post")) CHECK(square == Approx(1.5).epsilon(0.1));
}

TEST_CASE("claim 11: the variance of a stream without norms is a sawtooth", "[gauges]") {
  const Words small{"model.stages=[2,1]", "model.width=16", "model.alpha=1", "train.batch=2"};
  const std::vector<double> variance = mean_of(kSawtooth, "stream_variance", small, 3);
  CHECK(deviation(prediction(kSawtooth, "nf_sawtooth", small), variance) < 0.1);
  CHECK(variance[1] > 1.4 * variance[0]);
  CHECK(variance[2] < 0.8 * variance[1]);
}

TEST_CASE("claim 13: batch norm without skips makes gradients explode", "[gauges]") {
  const Words deep{"model.layers=5", "train.batch=128"};
  const std::vector<double> growth = mean_of(kExplosion, "gradient_growth", deep, 4);
  double slope = 0;
  for (const double each : growth) slope += std::log(each) / 4;
  CHECK(slope ==
        Approx(std::log(prediction(kExplosion, "batch_norm_explosion", deep).low[0])).epsilon(0.1));
  const std::vector<double> layer_norm =
      mean_of(kExplosion, "gradient_growth", with_option(deep, "model.norm=layer_norm"), 1);
  for (const double each : layer_norm) CHECK(each < 1.2);
}

TEST_CASE("claim 14: smaller groups, less similar samples, larger early gradients", "[gauges]") {
  double growth_before = 0, similarity_before = 1;
  for (const char* groups : {"1", "64", "128"}) {
    const Words of{"model.layers=10", "train.batch=32", std::string("model.norm.groups=") + groups};
    double growth = 1;
    for (const double each : mean_of(kGrowth, "gradient_growth", of, 2)) growth *= each;
    CHECK(growth > growth_before);
    growth_before = growth;
    const std::vector<double> similarity = mean_of(kSimilarity, "sample_similarity", of, 2);
    CHECK(similarity.back() < similarity_before);
    similarity_before = similarity.back();
    CHECK(deviation(prediction(kSimilarity, "group_norm_similarity", of), similarity) < 0.1);
  }
}

TEST_CASE("claims about initialization name what there is", "[gauges]") {
  for (const char* name :
       {"04_post_ln_gradients", kStream, kSawtooth, kExplosion, kGrowth, kSimilarity}) {
    INFO(name);
    const Json file = claim_file(name);
    const std::string metric = file.at("metric");
    REQUIRE(metric.starts_with("init/"));
    CHECK(gauge_registry().find(metric.substr(5)));
    base_of(name, {});
    for (const Json& test : file.at("claim").at("tests"))
      if (test.at("type") == "theory")
        CHECK(theory_registry().at(test.at("theory").get<std::string>()).gauge == metric.substr(5));
  }
}

}  // namespace norma
