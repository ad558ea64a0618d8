#pragma once

#include <map>
#include <tuple>
#include <vector>

#include "layers/norms/expression/program.h"

namespace norma::expression {

// Makes a program out of what is wanted of a graph.
class Assembler {
 public:
  explicit Assembler(Graph& graph) : graph_(graph) {}

  // Result `number`, of numbers at `level`, is this node.
  void result(int number, Level level, int node);

  // Sums of a product over a block: where they go, and what is summed over.
  enum class Sum : uint8_t {
    kOfRow,          // over the channels: assigned to one number a row
    kOfChannel,      // over the rows: added to one number a channel
    kAll,            // over both: added to one number; by rows first …
    kAllByChannels,  // … or by channels, where those sums are wanted anyway
  };
  void sum(int number, Sum kind, int node);

  Program program();

 private:
  struct Result {
    int number;
    Level level;
    int node;
  };
  // A sum in its parts: what does not vary along it is multiplied afterwards.
  struct Wanted {
    int number;
    Sum kind;
    int first = -1, second = -1, outside = -1;
    bool is_nothing = false;
  };
  bool along_rows(Sum kind) const { return kind == Sum::kOfRow || kind == Sum::kAll; }

  void count_uses();
  void count_uses_of(int node);
  int slot_of(int node);
  // An operation and what it is computed of.
  struct Computed {
    Op op;
    int from[3];
  };
  Computed computed(int node) const;
  int computed_slot(int node);
  int new_slot(Program::Value value);
  void add_step(Program::Phase phase, Op op, const std::vector<int>& from, int to);
  void add_sum_step(Program::Phase phase, bool over_columns, int first, int second, int to);
  void write_result(const Result& result);
  void write_sum(const Wanted& sum);
  int summed(const Wanted& sum);
  void share_memory();

  Graph& graph_;
  std::vector<Result> results_;
  std::vector<Wanted> sums_;
  std::vector<int> uses_;
  std::map<int, int> slots_;     // of nodes
  std::map<int, int> reserved_;  // where nodes go that are results
  std::map<std::tuple<bool, int, int>, int> sum_slots_;
  Program made_;
};

}  // namespace norma::expression
