// The engine as the page calls it: texts in the memory of the WebAssembly module, each ended by a
// zero byte. Compiled by build.sh alone.
#ifdef __wasm__
#include <string>

#include "apps/classroom/engine.h"

namespace {

std::string question, answer;

const char* shown(std::string text) {
  answer = std::move(text);
  return answer.c_str();
}

}  // namespace

#define NORMA_EXPORT(name) extern "C" __attribute__((export_name(#name)))

// Room for a question of so many bytes; what it held before is gone.
NORMA_EXPORT(room) char* room(int bytes) {
  question.assign(static_cast<size_t>(bytes), '\0');
  return question.data();
}

NORMA_EXPORT(list) const char* list() { return shown(norma::classroom::list_norms()); }

NORMA_EXPORT(fingerprint) const char* fingerprint() {
  return shown(norma::classroom::fingerprint());
}

// Answers the question that stands in the room. The answer stays until the next call.
NORMA_EXPORT(run) const char* run() { return shown(norma::classroom::run_norm(question)); }
#endif
