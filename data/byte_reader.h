#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

struct gzFile_s;

namespace norma {

// Reads a file from its start, plain or compressed with gzip (told apart by its first bytes).
// Every fault is an Error that names the file.
class ByteReader {
 public:
  explicit ByteReader(const std::filesystem::path& file);

  // Exactly `bytes.size()` bytes; `what` names them in the message when the file ends early.
  void read(std::span<uint8_t> bytes, const char* what);
  // The next `count` bytes. Memory grows with what the file really holds, so a header that lies
  // cannot ask for more than that.
  std::vector<uint8_t> read_block(uint64_t count, const char* what);
  // Everything up to the end.
  std::vector<uint8_t> read_rest();
  // Nothing may follow; verifies the checksum of a compressed file.
  void expect_end();

  // Error "FILE: message".
  [[noreturn]] void fail(const std::string& message) const;

 private:
  size_t read_some(std::span<uint8_t> bytes);

  struct Close {
    void operator()(gzFile_s* file) const;
  };
  std::filesystem::path path_;
  std::unique_ptr<gzFile_s, Close> file_;
  uint64_t position_ = 0;
};

}  // namespace norma
