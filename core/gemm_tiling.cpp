#include "core/gemm_tiling.h"

#include <algorithm>

namespace norma {
namespace {

// Multiply-adds that repay handing a tile to a thread: some ten microseconds.
constexpr int64_t kTileWork = int64_t{1} << 19;
constexpr int64_t kMostTiles = 8;
// Smaller tiles spend more on packing their operands than they gain.
constexpr int64_t kLeastRows = 64, kLeastColumns = 128;
// The same for pieces of k: each piece writes and reads back a partial result, which is cheap as
// long as the result stays in the cache.
constexpr int64_t kLeastDepth = 256, kLeastDepthUncached = 512, kCachedResult = 64 * 1024;
// Elements of a result that is cut along k at most: each piece takes as much scratch memory.
constexpr int64_t kMostPartial = int64_t{1} << 20;

// In bfloat16: oneDNN takes up to twice as long for a tile that is a part of c's rows as for one of
// whole rows. So rows alone are cut where that gives at least four tiles, and the other operand,
// which each tile packs for itself, has at most so many elements.
constexpr int64_t kMostPacked = int64_t{4} << 20;
bool prefers_whole_rows(const Gemm& p, DType operands) {
  return operands == DType::kBFloat16 && p.m >= 4 * kLeastRows && p.n * p.k <= kMostPacked;
}

Chunks whole(int64_t count) {
  return {.count = count, .size = std::max<int64_t>(count, 1), .number = 1};
}

Chunks cut(int64_t count, int64_t pieces) {
  constexpr int64_t kRound = 16;  // whole register tiles, so that only the last piece has a rest
  if (pieces <= 1) return whole(count);
  Chunks chunks{.count = count};
  chunks.size = ((count + pieces - 1) / pieces + kRound - 1) / kRound * kRound;
  chunks.number = (count + chunks.size - 1) / chunks.size;
  return chunks;
}

// Into as many tiles as wanted, or as the least sizes allow, so that the operands are read as
// seldom as possible: r tiles of rows read b r times, c tiles of columns read a c times. Where that
// is equal, rows are cut: their tiles lie in one piece of c.
void cut_result(const Gemm& p, int64_t tiles, Tiling& tiling) {
  const int64_t most_rows = std::clamp<int64_t>(p.m / kLeastRows, 1, tiles);
  const int64_t most_columns = std::max<int64_t>(p.n / kLeastColumns, 1);
  int64_t best_rows = 1, best_columns = 1, least_read = 0;
  for (int64_t rows = 1; rows <= most_rows; ++rows) {
    const int64_t columns = std::min(tiles / rows, most_columns);
    const int64_t read = rows * p.n + columns * p.m;
    const bool more_tiles = rows * columns > best_rows * best_columns;
    const bool as_many = rows * columns == best_rows * best_columns;
    if (rows > 1 && !more_tiles && !(as_many && read <= least_read)) continue;
    best_rows = rows, best_columns = columns, least_read = read;
  }
  tiling.rows = cut(p.m, best_rows);
  tiling.columns = cut(p.n, best_columns);
}

}  // namespace

Tiling tiling_of(const Gemm& p, DType operands) {
  const int64_t tiles = std::clamp<int64_t>(p.m * p.n * p.k / kTileWork, 1, kMostTiles);
  Tiling tiling{whole(p.m), whole(p.n), whole(p.k)};
  // A weight gradient: the sum runs over all rows of a batch while the result is small. Cutting the
  // result would make every tile pack the whole of an operand; cutting the sum packs each once.
  const int64_t least = p.m * p.n <= kCachedResult ? kLeastDepth : kLeastDepthUncached;
  // Not where whole rows are preferred and give all tiles of a good size.
  const bool whole_rows = prefers_whole_rows(p, operands);
  const bool many_rows = whole_rows && p.m >= 2 * kLeastRows * kMostTiles;
  const bool long_sum = p.k >= 2 * least && p.k >= std::max(p.m, p.n) && !many_rows;
  if (long_sum && p.m * p.n <= kMostPartial) {
    tiling.depth = cut(p.k, std::min(p.k / least, tiles));
  } else if (whole_rows) {
    tiling.rows = cut(p.m, std::min(p.m / kLeastRows, tiles));
  } else {
    cut_result(p, tiles, tiling);
  }
  return tiling;
}

}  // namespace norma
