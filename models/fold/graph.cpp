#include "models/fold/graph.h"

#include <algorithm>

namespace norma {
namespace {

bool holds(std::span<const int32_t> slots, int32_t slot) {
  return std::ranges::find(slots, slot) != slots.end();
}

}  // namespace

FoldGraph::FoldGraph(const Tape& tape) {
  for (const Tape::Recorded& recorded : tape.recorded()) {
    FoldNode node{.recorded = recorded, .map = {}};
    if (const auto* linear = dynamic_cast<const LinearMapOp*>(recorded.op))
      node.map = linear->linear_map();
    node.norm_op = dynamic_cast<const NormOp*>(recorded.op);
    nodes_.push_back(std::move(node));
  }
}

std::vector<const FoldNode*> FoldGraph::norms() const {
  std::vector<const FoldNode*> found;
  for (const FoldNode& node : nodes_)
    if (node.norm_op) found.push_back(&node);
  return found;
}

std::vector<const FoldNode*> FoldGraph::readers_of(int32_t slot) const {
  std::vector<const FoldNode*> readers;
  for (const FoldNode& node : nodes_)
    if (holds(node.recorded.inputs, slot)) readers.push_back(&node);
  return readers;
}

const FoldNode* FoldGraph::writer_of(int32_t slot) const {
  for (const FoldNode& node : nodes_)
    if (holds(node.recorded.outputs, slot)) return &node;
  return nullptr;
}

const char* foreign(const LinearMap& map) {
  if (!map.weight.learned) return "the weight beside it is derived from others";
  const bool own =
      map.weight.learned->pending_uses == 1 && (!map.bias || map.bias->pending_uses == 1);
  return own ? nullptr : "the weight beside it is shared";
}

}  // namespace norma
