// What gauges measure of a model that has not been trained, against plain loops and against what an
// ordinary observer sees.
#include "apps/gauges/gauges.h"

#include <map>
#include <nlohmann/json.hpp>

#include "apps/gauges/block_joins.h"
#include "apps/gauges/probe/probe.h"
#include "layers/residual/placement.h"
#include "tests/apps/gauged_trainings.h"
#include "tests/apps/plain_transformer.h"
#include "tests/catch.h"
#include "tests/models/small_models.h"
#include "tests/specimen.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

// Keeps every output by its module and operation: the last where there are several.
class Outputs final : public TapeObserver {
 public:
  void on_forward(const std::string& path, const char* op, const Tensor& output) override {
    by_name[path + " " + op] = output.clone();
  }
  std::map<std::string, Tensor> by_name;
};

// The variance by its definition, of channel after channel.
double plain_variance(const Numbers& values, size_t channels) {
  double all = 0;
  const size_t rows = values.size() / channels;
  for (size_t c = 0; c < channels; ++c) {
    double mean = 0;
    for (size_t row = 0; row < rows; ++row)
      mean += values[row * channels + c] / static_cast<double>(rows);
    for (size_t row = 0; row < rows; ++row) {
      const double apart = values[row * channels + c] - mean;
      all += apart * apart / static_cast<double>(rows);
    }
  }
  return all / static_cast<double>(channels);
}

}  // namespace

TEST_CASE("gauges: the stream of a transformer is that of plain loops", "[gauges]") {
  for (const char* placement : {"pre", "post"}) {
    INFO(placement);
    Training training(gauged(uniform_gpt(placement)));
    disturb(training);
    const auto plain = PlainTransformer{training.params(), 3, placement == std::string("post")}.run(
        next_batch(training));
    const std::vector<double> squares = read_gauge(training, "stream_square");
    REQUIRE(squares.size() == 3);
    for (size_t l = 0; l < 3; ++l) CHECK(squares[l] == Approx(plain.squares[l]).epsilon(1e-12));
  }
}

TEST_CASE("gauges: the gradient of the last feed-forward is that of finite differences",
          "[gauges]") {
  for (const char* placement : {"pre", "post"}) {
    INFO(placement);
    Training training(gauged(uniform_gpt(placement)));
    disturb(training);
    const double measured = read_gauge(training, "last_ffn_grad_norm").at(0);
    const Batch batch = next_batch(training);
    const PlainTransformer plain{training.params(), 3, placement == std::string("post")};
    const Tensor weight = training.params().find("blocks.2.ffn.down.weight")->value;
    double squares = 0;
    for (int64_t i = 0; i < weight.numel(); ++i) {
      constexpr double kStep = 1e-4;
      double& value = weight.data<double>()[i];
      const double start = value;
      value = start + kStep;
      const double up = plain.run(batch).loss;
      value = start - kStep;
      const double down = plain.run(batch).loss;
      value = start;
      squares += (up - down) * (up - down) / (4 * kStep * kStep);
    }
    CHECK(measured == Approx(std::sqrt(squares)).epsilon(1e-6));
  }
}

TEST_CASE("gauges: variances by block are those of what an observer sees", "[gauges]") {
  Training nf(gauged(image_net(
      {{"type", "nfnet"}, {"stages", {1, 2}}, {"width", 4}, {"alpha", 0.6}, {"skip_gain", 0.8}})));
  disturb(nf);
  Outputs seen;
  nf.rehearse(&seen);
  const std::vector<double> stream = read_gauge(nf, "stream_variance"),
                            branch = read_gauge(nf, "branch_variance");
  REQUIRE(stream.size() == 3);
  REQUIRE(branch.size() == 3);
  const std::vector<std::string> blocks{"stages.0.0", "stages.1.0", "stages.1.1"};
  for (size_t i = 0; i < 3; ++i) {
    const Tensor sum = seen.by_name.at(blocks[i] + " gained_add");
    const auto channels = static_cast<size_t>(sum.shape().back());
    CHECK(stream[i] == Approx(plain_variance(sum.to_vector(), channels)).epsilon(1e-12));
    Numbers added = seen.by_name.at(blocks[i] + ".conv2 conv2d").to_vector();
    for (double& each : added) each *= 0.6 * 0.8;
    CHECK(branch[i] == Approx(plain_variance(added, channels)).epsilon(1e-12));
  }
}

TEST_CASE("gauges: a sum inside the pass of a batch norm is seen too", "[gauges]") {
  Training training(gauged(image_net({{"type", "resnet"}, {"depth", 8}, {"width", 4}})));
  disturb(training);
  Outputs seen;
  training.rehearse(&seen);
  // The first block: its shortcut is what the stem's norm leaves, its branch the norm of conv2.
  const Numbers conv = seen.by_name.at("stages.0.0.conv2 conv2d").to_vector(),
                shortcut = seen.by_name.at("stem_norm norm").to_vector(),
                end = seen.by_name.at("stages.0.0.norm2 norm").to_vector();
  const Tensor gain = training.params().find("stages.0.0.norm2.weight")->value,
               bias = training.params().find("stages.0.0.norm2.bias")->value;
  Numbers branch(conv.size()), sum(conv.size());
  const size_t rows = conv.size() / 4;
  for (size_t c = 0; c < 4; ++c) {
    double mean = 0, variance = 0;
    for (size_t row = 0; row < rows; ++row) mean += conv[4 * row + c] / static_cast<double>(rows);
    for (size_t row = 0; row < rows; ++row)
      variance += std::pow(conv[4 * row + c] - mean, 2) / static_cast<double>(rows);
    for (size_t row = 0; row < rows; ++row) {
      const size_t i = 4 * row + c;
      branch[i] = (conv[i] - mean) / std::sqrt(variance + 1e-5) * gain.item(int64_t(c)) +
                  bias.item(int64_t(c));
      sum[i] = shortcut[i] + branch[i];
      CHECK(std::abs(std::max(sum[i], 0.0) - end[i]) < 1e-12);
    }
  }
  CHECK(read_gauge(training, "branch_variance")[0] ==
        Approx(plain_variance(branch, 4)).epsilon(1e-12));
  CHECK(read_gauge(training, "stream_variance")[0] ==
        Approx(plain_variance(sum, 4)).epsilon(1e-12));
}

TEST_CASE("gauges: what norms put out, and its gradients, are those of plain loops", "[gauges]") {
  for (const char* norm : {"batch_norm", "layer_norm"}) {  // the activation inside, and behind
    INFO(norm);
    Json json{{"model", {{"type", "mlp"}, {"layers", 3}, {"width", 6}, {"norm", norm}}},
              {"data", {{"type", "normal_noise"}, {"size", 2}, {"channels", 2}, {"flat", true}}},
              {"train", {{"batch", 5}, {"precision", "fp64"}}}};
    Training training(gauged(json));
    disturb(training);
    struct Ends final : TapeObserver {
      void on_forward(const std::string& path, const char*, const Tensor& output) override {
        outputs[path] = output.clone();
      }
      void on_backward(const std::string& path, const char*, const Tensor& grad) override {
        gradients.try_emplace(path, grad.clone());
      }
      std::map<std::string, Tensor> outputs, gradients;
    } ends;
    training.rehearse(&ends);
    const std::vector<double> similarity = read_gauge(training, "sample_similarity"),
                              growth = read_gauge(training, "gradient_growth");
    REQUIRE(similarity.size() == 3);
    REQUIRE(growth.size() == 2);
    std::vector<double> squares;
    for (size_t l = 0; l < 3; ++l) {
      const std::string path = "norms." + std::to_string(l);
      const Numbers x = ends.outputs.at(path).to_vector();
      for (const double each : x) CHECK(each >= 0);  // behind the ReLU
      double cosines = 0;
      for (size_t a = 0; a < 5; ++a)
        for (size_t b = 0; b < a; ++b) {
          double ab = 0, aa = 0, bb = 0;
          for (size_t i = 0; i < 6; ++i) {
            ab += x[6 * a + i] * x[6 * b + i];
            aa += x[6 * a + i] * x[6 * a + i];
            bb += x[6 * b + i] * x[6 * b + i];
          }
          cosines += ab / std::sqrt(aa * bb) / 10;
        }
      CHECK(similarity[l] == Approx(cosines).epsilon(1e-12));
      squares.push_back(mean_square(ends.gradients.at(path)));
    }
    for (size_t l = 0; l < 2; ++l)
      CHECK(growth[l] == Approx(squares[l] / squares[l + 1]).epsilon(1e-12));
    // The gradient behind the last norm, by the head alone: dx = dlogits·W.
    const Tensor head = training.params().find("head.weight")->value;
    const Tensor dlogits = ends.gradients.at("head");
    double last = 0;
    for (int64_t n = 0; n < 5; ++n)
      for (int64_t i = 0; i < 6; ++i) {
        double sum = 0;
        for (int64_t k = 0; k < 10; ++k) sum += dlogits.item(10 * n + k) * head.item(6 * k + i);
        last += sum * sum / 30;
      }
    CHECK(squares[2] == Approx(last).epsilon(1e-12));
  }
  Training one(gauged({{"model", {{"type", "mlp"}, {"layers", 1}, {"norm", "layer_norm"}}},
                       {"data", {{"type", "spirals"}}}}));
  CHECK_THROWS_WITH(read_gauge(one, "gradient_growth"), ContainsSubstring("no two norms"));
}

TEST_CASE("gauges: reading leaves no trace in the training", "[gauges]") {
  Json gpt = uniform_gpt("pre");
  gpt["model"]["dropout"] = 0.1;
  for (const Json& json :
       {gpt, image_net({{"type", "resnet"}, {"depth", 8}, {"width", 4}}),
        image_net({{"type", "resnet"}, {"depth", 8}, {"width", 4}, {"drop_path", 0.3}})}) {
    Training read(gauged(json)), plain(gauged(json));
    for (int step = 0; step < 2; ++step) {
      for (const Entry* gauge : gauge_registry().entries())
        if (gauge_registry().at(gauge->type).make &&
            (json == gpt || (gauge->type != "last_ffn_grad_norm" && gauge->type != "norm_update")))
          read_gauge(read, gauge->type);
      CHECK(read.step().loss == plain.step().loss);
    }
    CHECK(same_bits(read.params().values(), plain.params().values()));
    for (size_t i = 0; i < plain.params().buffers().size(); ++i)
      CHECK(same_bits(read.params().buffers()[i].value, plain.params().buffers()[i].value));
  }
}

TEST_CASE("gauges: say what they are, and what they miss", "[gauges]") {
  for (const Entry* entry : gauge_registry().entries()) {
    INFO(entry->type);
    const GaugeType& gauge = gauge_registry().at(entry->type);
    CHECK(!entry->summary.empty());
    CHECK(!gauge.formula.empty());
    CHECK((gauge.make != nullptr) != (gauge.make_for_probe != nullptr));
    if (gauge.make)
      CHECK((gauge.one_each == "model" || gauge.one_each == "block" ||
             gauge.one_each.starts_with("norm")));
  }
  Training net(gauged(image_net({{"type", "resnet"}, {"depth", 8}, {"width", 4}})));
  CHECK_THROWS_WITH(read_gauge(net, "stream_sqare"), ContainsSubstring("stream_square?"));
  CHECK_THROWS_WITH(read_gauge(net, "kurtosis"), ContainsSubstring("a value for each module"));
  CHECK_THROWS_WITH(read_gauge(net, "last_ffn_grad_norm"),
                    ContainsSubstring("has no feed-forward"));
  CHECK(block_of("blocks.3.ffn") == "blocks.3");
  CHECK(block_of("stages.0.12") == "stages.0.12");
  CHECK(block_of("encoder.blocks.3.attn.q_norm") == "encoder.blocks.3");
  CHECK(block_of("stem") == "stem");
}

}  // namespace norma
