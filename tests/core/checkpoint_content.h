#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/io/checkpoint.h"
#include "tests/catch.h"
#include "tests/core/safetensors_file.h"

namespace norma {

// A small training state whose every number follows from the step and the attempt, so that a mix of
// two checkpoints is noticed.
class SomeState {
 public:
  explicit SomeState(int64_t step, int attempt = 0) : step_(step), attempt_(attempt) {
    for (int i = 0; i < 40; ++i) {
      weights_.push_back(static_cast<float>(step * 1000 + attempt * 100 + i));
      moments_.push_back(1.0 / (1 + i + static_cast<double>(step)));
    }
  }
  io::CheckpointContent content() const {
    return {step_,
            {{"model", {view_of("blocks.0.weight", weights_, {8, 5})}},
             {"optimizer", {view_of("m", moments_, {40}), view_of("v", moments_, {40})}}},
            "{\"step\": " + std::to_string(step_) + ", \"attempt\": " + std::to_string(attempt_) +
                "}\n"};
  }
  const std::vector<float>& weights() const { return weights_; }
  const std::vector<double>& moments() const { return moments_; }

 private:
  int64_t step_;
  int attempt_;
  std::vector<float> weights_;
  std::vector<double> moments_;
};

// Checks that all parts of a checkpoint are of one and the same state.
inline void require_whole(const io::LoadedCheckpoint& checkpoint) {
  const auto& weight = checkpoint.tensors.at("model").at("blocks.0.weight");
  const std::vector<float> weights = numbers_of<float>(weight);
  REQUIRE(weights.size() == 40);
  const int attempt =
      static_cast<int>((weights[0] - static_cast<float>(checkpoint.step * 1000)) / 100);
  const SomeState expected(checkpoint.step, attempt);
  REQUIRE(weights == expected.weights());
  REQUIRE(numbers_of<double>(checkpoint.tensors.at("optimizer").at("v")) == expected.moments());
  REQUIRE(checkpoint.state_json == expected.content().state_json);
}

}  // namespace norma
