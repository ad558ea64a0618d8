#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "layers/norms/expression/vocabulary.h"

namespace norma::expression {

// A mistake in a text: where it is, and what was expected there.
struct Fault {
  size_t offset;
  std::string expected;
};

// An expression as it was written.
struct Tree {
  struct Node {
    Op op;
    size_t offset;             // of the byte in the text to point at
    double value = 0;          // of a constant
    std::string name = {};     // of a name
    std::vector<int> of = {};  // what it is computed of, earlier nodes
  };
  std::vector<Node> nodes;
  int root = -1;

  const Node& operator[](int i) const { return nodes[static_cast<size_t>(i)]; }
};

}  // namespace norma::expression
