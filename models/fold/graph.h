#pragma once

#include <optional>
#include <vector>

#include "core/tape.h"
#include "layers/linear_map.h"
#include "layers/norms/norm.h"
#include "models/fold/trained.h"

namespace norma {

// An operation of a forward: what it is to those who fold norms.
struct FoldNode {
  Tape::Recorded recorded;
  std::optional<LinearMap> map;     // the linear map that it is, if it is one
  const NormOp* norm_op = nullptr;  // the norm that it runs, if it runs one
  const std::string& path() const { return *recorded.path; }
};

// Who reads what of a forward, read off its tape. Valid as long as the tape.
class FoldGraph {
 public:
  explicit FoldGraph(const Tape& tape);
  const std::vector<FoldNode>& nodes() const { return nodes_; }
  std::vector<const FoldNode*> norms() const;
  std::vector<const FoldNode*> readers_of(int32_t slot) const;
  // Null where nothing recorded writes it.
  const FoldNode* writer_of(int32_t slot) const;

 private:
  std::vector<FoldNode> nodes_;
};

// A model in float64 and what its forward did. Steps change its parameters in place.
struct FoldRun {
  FoldRun(const TrainedModel& model, const ModelInput& extents, const FoldSample& sample)
      : built(model, extents, DType::kFloat64), graph((built.output(sample), built.tape())) {}
  Built built;
  FoldGraph graph;
};

// Why the weight and bias of a map are not its own to change; null: they are.
const char* foreign(const LinearMap& map);

}  // namespace norma
