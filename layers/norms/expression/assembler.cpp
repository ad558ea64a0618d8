#include "layers/norms/expression/assembler.h"

#include <algorithm>
#include <utility>

namespace norma::expression {
namespace {

using Value = Program::Value;

Program::Phase phase_of(Level level) {
  constexpr Program::Phase kAll[] = {Program::kOnce, Program::kOfRows, Program::kOfChannels,
                                     Program::kOfElements};
  return kAll[static_cast<int>(level)];
}

// Whether an operand of this level has one number for the whole row of a loop.
bool is_single(Level operand, Program::Phase phase) {
  switch (phase) {
    case Program::kOnce:
      return false;
    case Program::kOfRows:
    case Program::kAfterChannels:
      return !varies(operand, Level::kRow);
    default:
      return !varies(operand, Level::kChannel);
  }
}

}  // namespace

void Assembler::result(int number, Level level, int node) {
  results_.push_back({number, level, node});
}

void Assembler::sum(int number, Sum kind, int node) {
  Wanted wanted{.number = number, .kind = kind, .is_nothing = graph_.is(node, 0)};
  const Level along = along_rows(kind) ? Level::kChannel : Level::kRow;
  Graph::Product parts = graph_.product_of(node);
  Graph::Product outside{parts.coefficient, {}};
  std::vector<int> inside;
  for (const int factor : parts.factors)
    (varies(graph_[factor].level, along) ? inside : outside.factors).push_back(factor);
  wanted.outside = graph_.product(outside);
  if (inside.size() > 1) {
    wanted.second = inside.back();
    inside.pop_back();
  }
  if (!inside.empty()) wanted.first = graph_.product({1, inside});
  sums_.push_back(wanted);
}

Program Assembler::program() {
  count_uses();
  // A node that is a result is computed where the result lies.
  for (const Result& each : results_) {
    const Graph::Node& node = graph_[each.node];
    if (arity(node.op) > 0 && node.level == each.level && !reserved_.contains(each.node))
      reserved_[each.node] = new_slot({Value::Kind::kResult, each.level, each.number});
  }
  for (const Wanted& each : sums_) write_sum(each);
  for (const Result& each : results_) write_result(each);
  share_memory();
  return std::move(made_);
}

void Assembler::count_uses() {
  uses_.assign(static_cast<size_t>(graph_.size()), 0);
  for (const Result& each : results_) count_uses_of(each.node);
  for (const Wanted& each : sums_)
    for (const int node : {each.first, each.second, each.outside})
      if (node >= 0) count_uses_of(node);
}

void Assembler::count_uses_of(int node) {
  if (++uses_[static_cast<size_t>(node)] > 1) return;
  for (int k = 0; k < arity(graph_[node].op); ++k) count_uses_of(graph_[node].of[k]);
}

int Assembler::new_slot(Value value) {
  made_.values.push_back(value);
  return static_cast<int>(made_.values.size()) - 1;
}

int Assembler::slot_of(int node) {
  if (const auto found = slots_.find(node); found != slots_.end()) return found->second;
  const Graph::Node& it = graph_[node];
  int slot = 0;
  if (it.op == Op::kConstant)
    slot = new_slot({.kind = Value::Kind::kConstant, .level = it.level, .value = it.value});
  else if (it.op == Op::kName)
    slot = new_slot({Value::Kind::kArgument, it.level, it.argument});
  else
    slot = computed_slot(node);
  return slots_[node] = slot;
}

// A product that is used for one sum alone becomes part of it.
Assembler::Computed Assembler::computed(int node) const {
  const Graph::Node& it = graph_[node];
  const auto joins = [&](int factor) {
    const Graph::Node& of = graph_[factor];
    return of.op == Op::kMultiply && of.level == it.level &&
           uses_[static_cast<size_t>(factor)] == 1;
  };
  const auto joined = [&](Op op, int product, int rest) {
    return Computed{op, {graph_[product].of[0], graph_[product].of[1], rest}};
  };
  const int a = it.of[0], b = it.of[1];
  if (it.op == Op::kAdd && joins(a)) return joined(Op::kMultiplyAdd, a, b);
  if (it.op == Op::kAdd && joins(b)) return joined(Op::kMultiplyAdd, b, a);
  if (it.op == Op::kSubtract && joins(a)) return joined(Op::kMultiplySubtract, a, b);
  if (it.op == Op::kSubtract && joins(b)) return joined(Op::kSubtractProduct, b, a);
  return {it.op, {a, b, it.of[2]}};
}

int Assembler::computed_slot(int node) {
  const Level level = graph_[node].level;
  const Computed it = computed(node);
  std::vector<int> from;
  for (int k = 0; k < arity(it.op); ++k) from.push_back(slot_of(it.from[k]));
  const auto reserved = reserved_.find(node);
  const int to = reserved != reserved_.end()
                     ? reserved->second
                     : new_slot({Value::Kind::kTemporary, level,
                                 made_.temporaries[static_cast<int>(level)]++});
  add_step(phase_of(level), it.op, from, to);
  return to;
}

void Assembler::add_step(Program::Phase phase, Op op, const std::vector<int>& from, int to) {
  Program::Step step{};
  unsigned single = 0;
  int k = 0;
  for (const int slot : from) {
    if (is_single(made_.values[static_cast<size_t>(slot)].level, phase)) single |= 1u << k;
    step.places.from[k++] = static_cast<uint16_t>(slot);
  }
  step.places.to = static_cast<uint16_t>(to);
  step.as_float = loop_of<float>(op, single);
  step.as_double = loop_of<double>(op, single);
  step.cost = is_costly(op) ? 8 : 1;
  made_.steps[phase].push_back(step);
}

void Assembler::add_sum_step(Program::Phase phase, bool over_columns, int first, int second,
                             int to) {
  Second kind = Second::kMissing;
  if (second >= 0)
    kind = is_single(made_.values[static_cast<size_t>(second)].level, phase) ? Second::kSingle
                                                                             : Second::kWhole;
  Program::Step step{};
  step.places = {{static_cast<uint16_t>(first), static_cast<uint16_t>(second < 0 ? first : second)},
                 static_cast<uint16_t>(to)};
  step.as_float = over_columns ? sum_over_columns<float>(kind) : sum_over_rows<float>(kind);
  step.as_double = over_columns ? sum_over_columns<double>(kind) : sum_over_rows<double>(kind);
  step.cost = 1;
  made_.steps[phase].push_back(step);
}

void Assembler::write_result(const Result& result) {
  const auto reserved = reserved_.find(result.node);
  const int slot = slot_of(result.node);
  if (reserved != reserved_.end() &&
      made_.values[static_cast<size_t>(slot)].number == result.number)
    return;
  add_step(phase_of(result.level), Op::kCopy, {slot},
           new_slot({Value::Kind::kResult, result.level, result.number}));
}

// The slot of a sum without its outside.
int Assembler::summed(const Wanted& sum) {
  const bool by_rows = along_rows(sum.kind);
  const auto [at, is_new] = sum_slots_.try_emplace({by_rows, sum.first, sum.second}, 0);
  if (!is_new) return at->second;
  const int first = slot_of(sum.first), second = sum.second < 0 ? -1 : slot_of(sum.second);
  const Level level = by_rows ? Level::kRow : Level::kChannel;
  at->second = new_slot({.kind = Value::Kind::kTemporary,
                         .level = level,
                         .number = made_.temporaries[static_cast<int>(level)]++,
                         .sum = true});
  add_sum_step(Program::kOfElements, by_rows, first, second, at->second);
  return at->second;
}

void Assembler::write_sum(const Wanted& sum) {
  const bool by_rows = along_rows(sum.kind);
  const Program::Phase after = by_rows ? Program::kAfterChannels : Program::kAfterElements;
  const Level level = sum.kind == Sum::kOfRow       ? Level::kRow
                      : sum.kind == Sum::kOfChannel ? Level::kChannel
                                                    : Level::kUniform;
  const auto target = [&] { return new_slot({Value::Kind::kResult, level, sum.number}); };
  if (sum.is_nothing) {
    if (sum.kind == Sum::kOfRow)
      add_step(after, Op::kCopy, {slot_of(graph_.constant(0))}, target());
    return;
  }
  const int all = summed(sum);
  const int outside = graph_.is(sum.outside, 1) ? -1 : slot_of(sum.outside);
  const int to = target();
  if (level == Level::kUniform)
    add_sum_step(after, true, all, outside, to);
  else if (level == Level::kRow)
    outside < 0 ? add_step(after, Op::kCopy, {all}, to)
                : add_step(after, Op::kMultiply, {all, outside}, to);
  else
    outside < 0 ? add_step(after, Op::kAdd, {all, to}, to)
                : add_step(after, Op::kMultiplyAdd, {all, outside, to}, to);
}

// Values of elements that are not needed at the same time lie in the same memory: what stays in the
// first-level cache is less, and faster.
void Assembler::share_memory() {
  const auto is_element = [&](uint16_t slot) {
    const Value& value = made_.values[slot];
    return value.kind == Value::Kind::kTemporary && value.level == Level::kElement;
  };
  std::vector<Program::Step>& steps = made_.steps[Program::kOfElements];
  std::map<uint16_t, size_t> last_use;
  for (size_t i = 0; i < steps.size(); ++i)
    for (const uint16_t slot : steps[i].places.from) last_use[slot] = i;

  std::vector<int> free;
  int used = 0;
  std::vector<bool> placed(made_.values.size(), false);
  for (size_t i = 0; i < steps.size(); ++i) {
    const Places& places = steps[i].places;
    // Every operation reads an element before it writes it, so it may write over its operand.
    for (const uint16_t slot : places.from)
      if (is_element(slot) && last_use[slot] == i && placed[slot]) {
        free.push_back(made_.values[slot].number);
        placed[slot] = false;
      }
    if (!is_element(places.to)) continue;
    if (free.empty()) free.push_back(used++);
    made_.values[places.to].number = free.back();
    free.pop_back();
    placed[places.to] = true;
  }
  made_.temporaries[static_cast<int>(Level::kElement)] = used;
}

}  // namespace norma::expression
