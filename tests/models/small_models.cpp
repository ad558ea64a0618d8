#include "tests/models/small_models.h"

#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "core/rng.h"
#include "layers/norms/norm.h"
#include "layers/residual/placement.h"
#include "tests/specimen.h"

namespace norma {

bool model_has_option(const std::string& type, std::string_view name) {
  for (const OptionHelp& option : options_help(*model_registry().find(type)))
    if (option.name == name) return true;
  return false;
}

MakeModule model_maker(const Json& config, const ModelInput& input) {
  const Spec spec = make_spec(config, model_registry(), "the model");
  return [=](const Scope& scope) { return make_model(scope, spec, input); };
}

Json small_config(const std::string& type) {
  const Entry* const entry = model_registry().find(type);
  Json config{{"type", type}};
  const std::vector<std::pair<std::string, Json>> extents{
      {"layers", 2}, {"width", 8},  {"heads", 2},           {"context", 4},           {"patch", 4},
      {"depth", 8},  {"hidden", 8}, {"activation", "gelu"}, {"ffn", {{"hidden", 16}}}};
  for (const OptionHelp& option : options_help(*entry))
    for (const auto& [name, value] : extents)
      if (option.name == name || option.name.starts_with(name + ".")) config[name] = value;
  return config;
}

Json narrow_norm(const std::string& type) {
  Json norm{{"type", type}};
  if (make_spec(Json(type), norm_registry(), type).options->contains("groups")) norm["groups"] = 2;
  return norm;
}

void give_condition(Json& config, const char* condition) {
  if (!config.contains("placement")) return;
  const Spec placement = make_spec(config["placement"], placement_registry(), "the placement");
  if (recipe_of(placement, {}).condition) config["condition"] = condition;
}

std::vector<std::string> model_faults(const Json& config) {
  std::vector<std::string> faults;
  try {
    make_spec(config, model_registry(), "a.json");
  } catch (const ConfigError& error) {
    for (const Fault& fault : error.faults()) faults.push_back(fault.str());
  }
  return faults;
}

namespace {

Tensor random_classes(const Tensor& input) {
  RandomSequence random(RandomStream(5, 2));
  const bool sequence = input.dtype() == DType::kInt32;
  const Tensor target =
      Tensor::empty(sequence ? input.shape() : Shape{input.shape()[0]}, DType::kInt32);
  for (int64_t i = 0; i < target.numel(); ++i)
    target.data<int32_t>()[i] = static_cast<int32_t>(random.below(5));
  return target;
}

}  // namespace

std::vector<ModelBatch> model_batches() {
  RandomSequence random(RandomStream(5, 1));
  const Tensor tokens = Tensor::empty({4, 4}, DType::kInt32);
  for (int64_t i = 0; i < tokens.numel(); ++i)
    tokens.data<int32_t>()[i] = static_cast<int32_t>(random.below(5));
  const auto normal = [&](const Shape& shape) {
    return Tensor::from(normal_numbers("batch", shape.numel()), shape, DType::kFloat32);
  };
  const Tensor images = normal({4, 8, 8, 3}), vectors = normal({4, 7});
  return {{"tokens", {.vocab = 5, .outputs = 5}, tokens, random_classes(tokens)},
          {"translations", {.vocab = 5, .answer = 4, .outputs = 5}, tokens, random_classes(tokens)},
          {"images",
           {.height = 8, .width = 8, .channels = 3, .outputs = 5},
           images,
           random_classes(images)},
          {"vectors", {.features = 7, .outputs = 5}, vectors, random_classes(vectors)}};
}

const ModelBatch* batch_for(const std::string& type, const std::vector<ModelBatch>& all) {
  for (const ModelBatch& batch : all) {
    try {
      ParamSet params(DType::kFloat32, 3);
      make_model(Scope(params), make_spec(small_config(type), model_registry(), type),
                 batch.extents);
      return &batch;
    } catch (const Error&) {
    }
  }
  return nullptr;
}

}  // namespace norma
