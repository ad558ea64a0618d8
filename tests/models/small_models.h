#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config/json.h"
#include "models/model.h"

namespace norma {

// Whether a registered model has an option of this name.
bool model_has_option(const std::string& type, std::string_view name);

// A config of a registered model with small extents, for the options that models have in common.
Json small_config(const std::string& type);

// The norm with options that fit models this narrow.
Json narrow_norm(const std::string& type);

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
