#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/param.h"
#include "core/tensor.h"

namespace norma {

// An operation that can compute its output again from what its backward needs anyway: a norm, an
// activation. Who wants that output in a backward keeps the operation in its place (see Kept).
class Remakes {
 public:
  virtual ~Remakes() = default;
  // The output, the same bits. Made at the first call, held until the operation's own backward,
  // which is later than that of all who read its output.
  const Tensor& output() {
    if (!made_) made_ = remake();
    return made_;
  }

 protected:
  virtual Tensor remake() const = 0;

 private:
  Tensor made_;
};

// A tensor in a forward computation, with the tape slot that collects its gradient. A Var without a
// slot is a constant (inputs, masks, everything in inference).
struct Var {
  Tensor value;
  int32_t slot = -1;
  Remakes* origin = nullptr;  // the operation that makes the value again; null: it must be kept
  bool needs_grad() const { return slot >= 0; }
  const Shape& shape() const { return value.shape(); }
};

// What an operation keeps of an input for its backward: the input, or who makes it again.
class Kept {
 public:
  Kept() = default;
  explicit Kept(const Var& var) : origin_(var.origin), value_(origin_ ? Tensor() : var.value) {}
  bool is_remade() const { return origin_ != nullptr; }
  const Tensor& tensor() const { return origin_ ? origin_->output() : value_; }

 private:
  Remakes* origin_ = nullptr;
  Tensor value_;
};

class Tape;
class TapeObserver;

// What an operation sees during its backward: the gradients of its outputs, and where those of its
// inputs go, numbered in the order in which they were recorded.
class Grads {
 public:
  // The gradient of output i; undefined when nothing downstream used that output.
  const Tensor& out(int i = 0) const;
  // The same, moved out: when nobody shares it (`unique()`), its memory may be overwritten.
  Tensor take_out(int i = 0);
  // Whether input i wants a gradient at all.
  bool wants(int i) const;
  // Hands over the gradient of input i. The first contribution is kept as it is (memory may be
  // shared between inputs), later ones are added, writing only memory that nobody else holds.
  void give(int i, Tensor grad);
  // Who looks on; null: nobody.
  TapeObserver* observer() const;

 private:
  friend class Tape;
  Tape* tape_ = nullptr;
  const int32_t* inputs_ = nullptr;
  const int32_t* outputs_ = nullptr;
};

// A leaf of the computation: it keeps what its backward needs and writes that backward by hand.
class Op {
 public:
  virtual ~Op() = default;
  virtual const char* name() const = 0;
  // Gives the gradients of the inputs and adds those of the parameters to `Param::grad`.
  virtual void backward(Grads& grads) = 0;
  // The parameter, if any, of whose gradient this backward asks by itself whether it is the first
  // of a step (`Param::claim_grad`). Those of the others are ready to be added to.
  virtual const Param* assigns_grad_of() const { return nullptr; }
};

// Spares an operation its `name()`: it says `static constexpr const char* kName` and derives from
// this.
template <class Derived>
class NamedOp : public Op {
 public:
  const char* name() const final { return Derived::kName; }
};

// Looks on while a tape is recorded and differentiated: probes, the non-finite guard, summaries.
class TapeObserver {
 public:
  virtual ~TapeObserver() = default;
  virtual void on_forward(const std::string& /*path*/, const char* /*op*/,
                          const Tensor& /*output*/) {}
  // The gradient of an output, before the op's backward runs and anything is aliased or released.
  virtual void on_backward(const std::string& /*path*/, const char* /*op*/,
                           const Tensor& /*grad*/) {}

  // The same two for those who must know which gradient belongs to which output: both name the
  // output's slot on the tape; −1 where nobody asks for its gradient.
  virtual void on_output(const std::string& path, const char* op, const Var& output) {
    on_forward(path, op, output.value);
  }
  virtual void on_output_grad(const std::string& path, const char* op, const Tensor& grad,
                              int32_t /*slot*/) {
    on_backward(path, op, grad);
  }

  // Whether to compute, beside the forward and for this observer alone, what a fused operation
  // never holds (its observables).
  virtual bool asks_observables() const { return false; }
  virtual void on_observable(const std::string& /*path*/, const char* /*name*/,
                             const Tensor& /*values*/) {}
};

// A linear tape of coarse operations. Creation order is topological, so backward is one reverse
// walk. Operations live in an arena that is kept between steps; what an operation saved is released
// right after its backward.
class Tape {
 public:
  Tape() = default;
  ~Tape() { clear(); }
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  // A Var whose gradient is wanted although no operation made it (layer tests, probes).
  Var leaf(Tensor value);
  // The gradient that backward left for a leaf; undefined when it had no influence.
  const Tensor& grad(const Var& leaf) const { return slots_[static_cast<size_t>(leaf.slot)]; }

  // Puts an operation of type O on the tape, or returns nullptr when neither an input nor a
  // parameter wants a gradient. Null parameters are passed over. Gives each output its slot.
  template <class O>
  O* record(const std::string& path, std::span<const Var* const> inputs,
            std::span<Param* const> params, std::span<Var* const> outputs) {
    if (!wanted(inputs, params)) return nullptr;
    O* op = new (allocate(sizeof(O), alignof(O))) O();
    append(op, path, inputs, params, outputs);
    return op;
  }

  // Gives a recorded value a gradient of its own, besides what follows from the loss, for the next
  // `backward`. At most once for a value.
  void seed(const Var& value, Tensor grad) {
    slots_[static_cast<size_t>(value.slot)] = std::move(grad);
  }
  // Differentiates: seeds `loss` with `seed` (ones when undefined) and walks back to the start.
  // Empties the tape except for the gradients of its leaves.
  void backward(const Var& loss, Tensor seed = {});
  // Forgets everything recorded; keeps the memory.
  void clear();

  size_t size() const { return nodes_.size(); }

  // What was recorded, in order, for those who read a model's structure off its forward. Slots are
  // numbers of Vars, negative where an input wants no gradient. Valid until the tape changes.
  struct Recorded {
    const Op* op;
    const std::string* path;
    std::span<const int32_t> inputs, outputs;
  };
  std::vector<Recorded> recorded() const;
  // Called when a parameter's gradient is final within this backward, after its last use.
  std::function<void(Param&)> on_grad_ready;
  TapeObserver* observer = nullptr;

 private:
  friend class Grads;
  struct Node {
    Op* op;
    const std::string* path;
    uint32_t first_slot;  // into links_: inputs, then outputs
    uint16_t inputs, outputs;
    uint32_t first_param;
    uint16_t params;
  };
  static bool wanted(std::span<const Var* const> inputs, std::span<Param* const> params);
  void* allocate(size_t bytes, size_t alignment);
  void append(Op* op, const std::string& path, std::span<const Var* const> inputs,
              std::span<Param* const> params, std::span<Var* const> outputs);
  void differentiate(Node& node);

  std::vector<Node> nodes_;
  std::vector<int32_t> links_;
  std::vector<Param*> params_;
  std::vector<Tensor> slots_;
  std::vector<std::unique_ptr<std::byte[]>> arena_;
  size_t arena_block_ = 0, arena_used_ = 0;
};

}  // namespace norma
