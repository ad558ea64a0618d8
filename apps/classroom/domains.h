#pragma once

#include <vector>

#include "layers/norms/definition.h"

namespace norma::classroom {

// Which elements of (N,S,C) share a statistic, and what these elements are like.
struct Domains {
  std::vector<size_t> of;  // the domain of each element
  // One entry a domain: how many elements, their mean, biased variance and mean square.
  std::vector<double> n, mean, variance, mean_square;

  size_t count() const { return n.size(); }
  // Σ of `values`, one an element, over each domain.
  std::vector<double> sums(const std::vector<double>& values) const;
};

// Of a norm with this domain; in eval no ghost batches and splits. Without statistics every element
// is a domain of its own.
Domains domains_of(const Domain& domain, const Nsc& size, bool training,
                   const std::vector<double>& x);

// channel, sample_channel, group, row or none: what the elements of a domain have in common.
const char* name_of(Domain::Kind kind);

}  // namespace norma::classroom
