#pragma once

#include <sys/types.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/config/json.h"

namespace norma {

// A process that carries out orders, one at a time: JSON objects, one a line, on its standard
// input; answers on its standard output. Its own process, because a training that runs out of
// memory or crashes must not take the study along, and because a program from another build can be
// asked the same. It dies with the process that started it.
//
// Orders and the last line of their answers (docs at each in worker_main.cpp):
//   {"trial": …}            {"result": …}; before it, {"step": …} now and then
//   {"prepare": config}     {"ready": …}
//   {"train_for": seconds}  {"steps": n, "seconds": s}
//   {"train_steps": n}      {"ms": [n times]}
//   {"infer": n}            {"ms": [n times]}
//   {"memory": true}        {"peak_bytes": …}
//   {"facts": config, "evaluate": …, "needs_splits": …}    {"facts": …}, see facts_of (guard.h)
//   {"card": config}        {"card": …}, the card of its data
// or {"error": "…"}, with "mistake" where it is the user's.
class Worker {
 public:
  // Starts `program --worker --threads N`.
  Worker(const std::string& program, int threads);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // False where the worker is gone.
  bool send(const Json& order);
  int fd() const { return link_; }  // to wait at, with poll
  // Takes the lines that have arrived; false where the worker has ended.
  bool receive(std::vector<Json>& lines);
  // Sends an order and waits for its answer. Throws Failure where the worker ends or reports an
  // error, Error where that is a mistake of the user's.
  Json ask(const Json& order);
  // Waits for the answer to the order sent last; errors as those of `ask`.
  Json answer();
  // How it ended, in words; waits for it.
  std::string end();

 private:
  pid_t pid_ = -1;
  int link_ = -1;
  std::string pending_;
};

// The other side: reads orders until the input ends.
int serve_orders();

// The program that this process runs.
std::string own_program();

}  // namespace norma
