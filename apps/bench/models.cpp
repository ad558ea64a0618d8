#include "apps/bench/models.h"

#include <nlohmann/json.hpp>

#include "apps/bench/forward_backward.h"
#include "core/config/config.h"

namespace norma {
namespace {

ModelInput text(int64_t vocab) { return {.vocab = vocab, .next_token = true, .outputs = vocab}; }
ModelInput images(int64_t size, int64_t channels) {
  return {.height = size, .width = size, .channels = channels, .outputs = 10};
}

}  // namespace

const std::vector<BenchModel>& bench_models() {
  static const std::vector<BenchModel> models{
      {"gpt/V96-d128-L4-H4",
       R"({"type": "gpt", "layers": 4, "width": 128, "heads": 4, "context": 128})", text(96), 128,
       32},
      {"gpt/V256-d384-L6-H6",
       R"({"type": "gpt", "layers": 6, "width": 384, "heads": 6, "context": 256})", text(256), 256,
       8},
      {"gpt/V50257-d768-L12-H12",
       R"({"type": "gpt", "layers": 12, "width": 768, "heads": 12, "context": 256, "tie": true})",
       text(50257), 64, 4, true},
      {"vit/28x28-patch4-d192-L6-H3",
       R"({"type": "vit", "patch": 4, "layers": 6, "width": 192, "heads": 3})", images(28, 1), 0,
       64},
      {"resnet20/32x32", R"({"type": "resnet", "depth": 20})", images(32, 3), 0, 128}};
  return models;
}

Spec BenchModel::spec() const {
  return make_spec(parse_json(options, name), model_registry(), name);
}

Tensor BenchModel::random_input(int64_t batch, int64_t length) const {
  if (reads_tokens()) return random_indices({batch, length}, input.vocab, 1);
  return normal_tensor({batch, input.height, input.width, input.channels}, 1);
}

double product_parameter_bytes(const ParamSet& params, const Spec& model) {
  const auto tie = model.options->find("tie");
  const bool tied = tie != model.options->end() && tie->get<bool>();
  double bytes = 0;
  for (const Param& param : params.params()) {
    const bool only_looked_up =
        param.kind == ParamKind::kEmbedding && !(tied && param.name == "tok_embed.weight");
    if (!only_looked_up) bytes += static_cast<double>(param.value.bytes());
  }
  return bytes;
}

}  // namespace norma
