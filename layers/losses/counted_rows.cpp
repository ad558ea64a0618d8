#include "layers/losses/counted_rows.h"

#include <cstring>

#include "core/parallel.h"

namespace norma {
namespace {

// Runs row(place, number) for the places [begin, end) of a list of row numbers.
template <class Row>
void for_rows(const Tensor& list, int64_t begin, int64_t end, int64_t row_bytes, const Row& row) {
  const int32_t* const numbers = list.data<int32_t>() + begin;
  parallel_ranges(end - begin, row_bytes, [&](int64_t first, int64_t last) {
    for (int64_t place = first; place < last; ++place) row(place, numbers[place]);
  });
}

}  // namespace

CountedRows::CountedRows(const Tensor& target, const kernels::CrossEntropyOptions& options)
    : total_(target.numel()) {
  const int32_t* const targets = target.data<int32_t>();
  for (int64_t row = 0; row < total_; ++row) number_ += !options.ignores(targets[row]);
  if (all()) return;
  rows_ = Tensor::empty({total_}, DType::kInt32);
  int32_t* counted = rows_.data<int32_t>();
  int32_t* other = counted + number_;
  for (int64_t row = 0; row < total_; ++row)
    *(options.ignores(targets[row]) ? other++ : counted++) = static_cast<int32_t>(row);
}

void CountedRows::gather(int64_t begin, int64_t end, const std::byte* all, std::byte* together,
                         int64_t row_bytes) const {
  for_rows(rows_, begin, end, row_bytes, [=](int64_t place, int64_t row) {
    std::memcpy(together + place * row_bytes, all + row * row_bytes,
                static_cast<size_t>(row_bytes));
  });
}

void CountedRows::scatter(int64_t begin, int64_t end, const std::byte* together, std::byte* all,
                          int64_t row_bytes) const {
  for_rows(rows_, begin, end, row_bytes, [=](int64_t place, int64_t row) {
    std::memcpy(all + row * row_bytes, together + place * row_bytes,
                static_cast<size_t>(row_bytes));
  });
}

void CountedRows::clear_others(std::byte* all, int64_t row_bytes) const {
  if (this->all()) return;
  for_rows(rows_, number_, total_, row_bytes, [=](int64_t, int64_t row) {
    std::memset(all + row * row_bytes, 0, static_cast<size_t>(row_bytes));
  });
}

}  // namespace norma
