#include "apps/classroom/domains.h"

#include "layers/norms/batch_cut.h"

namespace norma::classroom {
namespace {

// Calls each(element, sample, position, channel).
template <class Each>
void over_tensor(const Nsc& size, Each each) {
  size_t element = 0;
  for (int64_t n = 0; n < size.n; ++n)
    for (int64_t s = 0; s < size.s; ++s)
      for (int64_t c = 0; c < size.c; ++c) each(element++, n, s, c);
}

// Which batch each row (n,s) belongs to, where batches are cut into smaller ones.
std::vector<int64_t> batch_of_rows(const Domain& domain, const Nsc& size, bool training) {
  std::vector<int64_t> batch(static_cast<size_t>(size.rows()));
  const BatchCut cut(domain, size, !training);
  for (int64_t i = 0; i < cut.parts(); ++i) {
    const BatchPart part = cut.part(i);
    for (int64_t row = 0; row < part.samples * part.positions; ++row)
      batch[static_cast<size_t>(part.first_row + row)] = part.first_sample + row / part.positions;
  }
  return batch;
}

std::vector<size_t> labels(const Domain& domain, const Nsc& size, bool training) {
  std::vector<size_t> of(static_cast<size_t>(size.n * size.s * size.c));
  const std::vector<int64_t> batch = batch_of_rows(domain, size, training);
  over_tensor(size, [&](size_t element, int64_t n, int64_t s, int64_t c) {
    const int64_t row = n * size.s + s;
    const auto label = [&]() -> int64_t {
      switch (domain.kind) {
        case Domain::Kind::kNone:
          break;
        case Domain::Kind::kRow:
          return row;
        case Domain::Kind::kGroup:
          return n * domain.groups + c * domain.groups / size.c;
        case Domain::Kind::kSampleChannel:
          return n * size.c + c;
        case Domain::Kind::kChannel:
          return batch[static_cast<size_t>(row)] * size.c + c;
      }
      return static_cast<int64_t>(element);
    };
    of[element] = static_cast<size_t>(label());
  });
  return of;
}

}  // namespace

const char* name_of(Domain::Kind kind) {
  switch (kind) {
    case Domain::Kind::kNone:
      break;
    case Domain::Kind::kRow:
      return "row";
    case Domain::Kind::kGroup:
      return "group";
    case Domain::Kind::kSampleChannel:
      return "sample_channel";
    case Domain::Kind::kChannel:
      return "channel";
  }
  return "none";
}

std::vector<double> Domains::sums(const std::vector<double>& values) const {
  std::vector<double> all(count());
  for (size_t i = 0; i < of.size(); ++i) all[of[i]] += values[i];
  return all;
}

Domains domains_of(const Domain& domain, const Nsc& size, bool training,
                   const std::vector<double>& x) {
  Domains made;
  made.of = labels(domain, size, training);
  size_t count = 0;
  for (const size_t label : made.of) count = std::max(count, label + 1);
  made.n.resize(count);
  for (const size_t label : made.of) ++made.n[label];
  made.mean = made.sums(x);
  for (size_t d = 0; d < count; ++d) made.mean[d] /= made.n[d];
  std::vector<double> squares(x.size()), away(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    const double u = x[i] - made.mean[made.of[i]];
    squares[i] = x[i] * x[i];
    away[i] = u * u;
  }
  made.mean_square = made.sums(squares);
  made.variance = made.sums(away);
  for (size_t d = 0; d < count; ++d) {
    made.mean_square[d] /= made.n[d];
    made.variance[d] /= made.n[d];
  }
  return made;
}

}  // namespace norma::classroom
