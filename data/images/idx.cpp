#include "data/images/idx.h"

#include <array>

#include "data/byte_reader.h"

namespace norma {
namespace {

constexpr uint8_t kUnsignedByte = 0x08;
constexpr uint64_t kMost = uint64_t{1} << 40;  // bytes of one array

std::string hex(uint8_t byte) {
  constexpr const char* kDigits = "0123456789abcdef";
  return {'0', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
}

}  // namespace

IdxArray read_idx(const std::filesystem::path& file) {
  ByteReader reader(file);
  std::array<uint8_t, 4> magic{};
  reader.read(magic, "header");
  if (magic[0] != 0 || magic[1] != 0)
    reader.fail("starts with " + hex(magic[0]) + " " + hex(magic[1]) +
                "; an IDX file starts with two zero bytes");
  if (magic[2] != kUnsignedByte)
    reader.fail("holds elements of type " + hex(magic[2]) + "; unsigned bytes, type " +
                hex(kUnsignedByte) + ", were expected");
  if (magic[3] < 1 || magic[3] > 4)
    reader.fail("has " + std::to_string(magic[3]) + " axes; 1 to 4 were expected");

  IdxArray array;
  uint64_t total = 1;
  for (int axis = 0; axis < magic[3]; ++axis) {
    std::array<uint8_t, 4> bytes{};
    reader.read(bytes, "header");
    const uint64_t extent =
        uint64_t{bytes[0]} << 24 | uint64_t{bytes[1]} << 16 | uint64_t{bytes[2]} << 8 | bytes[3];
    if (extent == 0) reader.fail("axis " + std::to_string(axis) + " is empty");
    if (extent > kMost / total) reader.fail("its header promises more than 2^40 bytes");
    total *= extent;
    array.extents.push_back(static_cast<int64_t>(extent));
  }
  array.bytes = reader.read_block(total, "elements");
  reader.expect_end();
  return array;
}

}  // namespace norma
