#include "core/io/sha256.h"

#include "core/error.h"
#include "tests/catch.h"
#include "tests/core/file_bytes.h"
#include "tests/temporary_folder.h"

using namespace norma;
using namespace norma::io;

TEST_CASE("sha256: the examples of FIPS 180-4") {
  CHECK(sha256_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256_of(std::string(1'000'000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("sha256: pieces and files give the hash of the whole") {
  const std::string text = "the quick brown fox\n";
  Sha256 hash;
  for (char c : text) hash.update(std::string_view(&c, 1));
  CHECK(hash.hex() == sha256_of(text));
  TemporaryFolder folder;
  write_bytes(folder / "a", text);
  write_bytes(folder / "empty", "");
  CHECK(sha256_of_file(folder / "a") == sha256_of(text));
  CHECK(sha256_of_file(folder / "empty") == sha256_of(""));
  CHECK_THROWS_AS(sha256_of_file(folder / "missing"), Error);
}
