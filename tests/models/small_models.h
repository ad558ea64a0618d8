#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config/json.h"
#include "models/model.h"
#include "tests/gradcheck.h"

namespace norma {

// Whether a registered model has an option of this name.
bool model_has_option(const std::string& type, std::string_view name);

// What tests offer to models of one kind of data each.
inline constexpr ModelInput kTokens{.vocab = 7, .outputs = 7};
inline constexpr ModelInput kPairs{.vocab = 7, .answer = 4, .outputs = 7};
inline constexpr ModelInput kImages{.height = 8, .width = 8, .channels = 3, .outputs = 5};
inline constexpr ModelInput kVectors{.features = 15, .outputs = 3};

// The model that a config describes.
MakeModule model_maker(const Json& config, const ModelInput& input);

// A config of a registered model with small extents, for the options that models have in common.
Json small_config(const std::string& type);

// The norm with options that fit models this narrow.
Json narrow_norm(const std::string& type);

// Gives the config of a model the condition that its placement reads, if it reads one.
void give_condition(Json& config, const char* condition = "first");

// What a config is refused for, fault by fault; empty where it is accepted.
std::vector<std::string> model_faults(const Json& config);

// A batch of one kind of data: one class a position of sequences, one a sample of other data.
struct ModelBatch {
  const char* kind;
  ModelInput extents;
  Tensor input, target;
};
std::vector<ModelBatch> model_batches();

// The data that a model takes, found by asking it; null where it takes none.
const ModelBatch* batch_for(const std::string& type, const std::vector<ModelBatch>& all);

}  // namespace norma
