#include "core/tape.h"

#include <algorithm>

#include "core/kernels/add.h"

namespace norma {
namespace {

constexpr size_t kArenaBlock = size_t{64} << 10;

void add_tensor(const Tensor& target, const Tensor& source) {
  with_float_type(target.dtype(), [&]<class T>() {
    kernels::add_to(target.data<T>(), source.data<T>(), target.numel());
  });
}

}  // namespace

const Tensor& Grads::out(int i) const { return tape_->slots_[static_cast<size_t>(outputs_[i])]; }

Tensor Grads::take_out(int i) { return std::move(tape_->slots_[static_cast<size_t>(outputs_[i])]); }

bool Grads::wants(int i) const { return inputs_[i] >= 0; }

void Grads::give(int i, Tensor grad) {
  if (inputs_[i] < 0) return;
  Tensor& slot = tape_->slots_[static_cast<size_t>(inputs_[i])];
  if (!slot) {
    slot = std::move(grad);
  } else if (slot.unique()) {
    add_tensor(slot, grad);
  } else if (grad.unique()) {
    add_tensor(grad, slot);
    slot = std::move(grad);
  } else {
    slot = slot.clone();
    add_tensor(slot, grad);
  }
}

TapeObserver* Grads::observer() const { return tape_->observer; }

Var Tape::leaf(Tensor value) {
  Var var{std::move(value), static_cast<int32_t>(slots_.size())};
  slots_.emplace_back();
  return var;
}

bool Tape::wanted(std::span<const Var* const> inputs, std::span<Param* const> params) {
  return std::any_of(inputs.begin(), inputs.end(),
                     [](const Var* var) { return var && var->needs_grad(); }) ||
         std::any_of(params.begin(), params.end(), [](const Param* param) { return param; });
}

void* Tape::allocate(size_t bytes, size_t alignment) {
  arena_used_ = (arena_used_ + alignment - 1) / alignment * alignment;
  if (arena_.empty() || arena_used_ + bytes > kArenaBlock) {
    if (bytes > kArenaBlock) throw Failure("an operation is too large for the tape's arena");
    if (!arena_.empty()) ++arena_block_;
    if (arena_block_ == arena_.size()) arena_.push_back(std::make_unique<std::byte[]>(kArenaBlock));
    arena_used_ = 0;
  }
  std::byte* const memory = arena_[arena_block_].get() + arena_used_;
  arena_used_ += bytes;
  return memory;
}

void Tape::append(Op* op, const std::string& path, std::span<const Var* const> inputs,
                  std::span<Param* const> params, std::span<Var* const> outputs) {
  Node node{.op = op,
            .path = &path,
            .first_slot = static_cast<uint32_t>(links_.size()),
            .inputs = static_cast<uint16_t>(inputs.size()),
            .outputs = static_cast<uint16_t>(outputs.size()),
            .first_param = static_cast<uint32_t>(params_.size()),
            .params = 0};
  for (const Var* var : inputs) links_.push_back(var ? var->slot : -1);
  for (Var* var : outputs) {
    var->slot = static_cast<int32_t>(slots_.size());
    links_.push_back(var->slot);
    slots_.emplace_back();
  }
  for (Param* param : params) {
    if (!param) continue;
    params_.push_back(param);
    ++param->pending_uses;
    ++node.params;
  }
  nodes_.push_back(node);
}

std::vector<Tape::Recorded> Tape::recorded() const {
  std::vector<Recorded> all;
  const std::span<const int32_t> links(links_);
  for (const Node& node : nodes_)
    all.push_back({.op = node.op,
                   .path = node.path,
                   .inputs = links.subspan(node.first_slot, node.inputs),
                   .outputs = links.subspan(node.first_slot + node.inputs, node.outputs)});
  return all;
}

void Tape::differentiate(Node& node) {
  Grads grads;
  grads.tape_ = this;
  grads.inputs_ = links_.data() + node.first_slot;
  grads.outputs_ = grads.inputs_ + node.inputs;
  bool reached = false;
  for (int i = 0; i < node.outputs; ++i) {
    const Tensor& grad = grads.out(i);
    if (!grad) continue;
    reached = true;
    if (observer) observer->on_output_grad(*node.path, node.op->name(), grad, grads.outputs_[i]);
  }
  const std::span params(params_.data() + node.first_param, node.params);
  for (Param* param : params)
    if (!reached || param != node.op->assigns_grad_of()) param->clear_old_grad();
  if (reached) node.op->backward(grads);
  for (int i = 0; i < node.outputs; ++i) slots_[static_cast<size_t>(grads.outputs_[i])] = Tensor();
  node.op->~Op();
  node.op = nullptr;
  for (Param* param : params)
    if (--param->pending_uses == 0 && on_grad_ready) on_grad_ready(*param);
}

void Tape::backward(const Var& loss, Tensor seed) {
  if (!loss.needs_grad()) throw Failure("backward was asked of a value that needs no gradient");
  slots_[static_cast<size_t>(loss.slot)] =
      seed ? std::move(seed) : Tensor::full(loss.shape(), loss.value.dtype(), 1.0);
  for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node) differentiate(*node);
  nodes_.clear();
  links_.clear();
  params_.clear();
  arena_block_ = arena_used_ = 0;
}

void Tape::clear() {
  for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node)
    if (node->op) node->op->~Op();  // none where a backward broke off behind it
  for (Param* param : params_) param->pending_uses = 0;
  nodes_.clear();
  links_.clear();
  params_.clear();
  slots_.clear();
  arena_block_ = arena_used_ = 0;
}

}  // namespace norma
