#include "data/byte_reader.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "core/error.h"

namespace norma {
namespace {

constexpr size_t kPiece = size_t{1} << 17;

}  // namespace

void ByteReader::Close::operator()(gzFile_s* file) const { gzclose(file); }

ByteReader::ByteReader(const std::filesystem::path& file) : path_(file) {
  std::error_code code;
  const auto status = std::filesystem::status(file, code);
  if (!std::filesystem::exists(status)) fail("there is no such file");
  // Opening a pipe would wait for somebody to write into it.
  if (!std::filesystem::is_regular_file(status)) fail("not a regular file");
  file_.reset(gzopen(file.c_str(), "rb"));
  if (!file_) fail("cannot be opened: " + std::generic_category().message(errno));
  gzbuffer(file_.get(), kPiece);
}

size_t ByteReader::read_some(std::span<uint8_t> bytes) {
  const int got = gzread(file_.get(), bytes.data(), static_cast<unsigned>(bytes.size()));
  if (got < 0) {
    int code = 0;
    const char* reason = gzerror(file_.get(), &code);
    const std::string text =
        code == Z_ERRNO ? std::generic_category().message(errno) : std::string(reason);
    fail("damaged after " + std::to_string(position_) + " bytes of content: " + text);
  }
  position_ += static_cast<uint64_t>(got);
  return static_cast<size_t>(got);
}

void ByteReader::read(std::span<uint8_t> bytes, const char* what) {
  for (size_t done = 0; done < bytes.size();) {
    const size_t got = read_some(bytes.subspan(done, std::min(kPiece, bytes.size() - done)));
    if (got == 0)
      fail("ends after " + std::to_string(position_) + " bytes, inside the " + what + ", with " +
           std::to_string(bytes.size() - done) + " bytes missing");
    done += got;
  }
}

std::vector<uint8_t> ByteReader::read_block(uint64_t count, const char* what) {
  std::vector<uint8_t> block;
  while (block.size() < count) {
    const size_t done = block.size();
    block.resize(done + static_cast<size_t>(std::min<uint64_t>(kPiece, count - done)));
    const size_t got = read_some(std::span(block).subspan(done));
    if (got == 0)
      fail("ends after " + std::to_string(position_) + " bytes, inside the " + what + ", with " +
           std::to_string(count - done) + " bytes missing");
    block.resize(done + got);
  }
  return block;
}

std::vector<uint8_t> ByteReader::read_rest() {
  std::vector<uint8_t> rest;
  for (;;) {
    const size_t done = rest.size();
    rest.resize(done + kPiece);
    const size_t got = read_some(std::span(rest).subspan(done));
    rest.resize(done + got);
    if (got == 0) break;
  }
  expect_end();
  return rest;
}

void ByteReader::expect_end() {
  std::array<uint8_t, 1> next{};
  const uint64_t expected = position_;
  if (read_some(next) != 0)
    fail("goes on after the " + std::to_string(expected) + " bytes that were expected");
  // A compressed file that breaks off is told by the state of the stream only.
  int code = 0;
  const char* reason = gzerror(file_.get(), &code);
  if (code != Z_OK) fail(std::string("damaged at its end: ") + reason);
}

void ByteReader::fail(const std::string& message) const {
  throw Error(path_.string() + ": " + message);
}

}  // namespace norma
