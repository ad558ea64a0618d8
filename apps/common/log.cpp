#include "apps/common/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <mutex>

#include "apps/common/status_line.h"
#include "apps/common/terminal.h"

namespace norma {
namespace {

std::string_view text_of(const spdlog::memory_buf_t& buffer) {
  return {buffer.data(), buffer.size()};
}

class StderrSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  StderrSink() {
    set_formatter_(std::make_unique<spdlog::pattern_formatter>(
        stderr_terminal().interactive() ? "%v" : "%Y-%m-%d %H:%M:%S %l: %v"));
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    status_line().print_above(prefix(message.level) + std::string(text_of(line)));
  }
  void flush_() override {}

 private:
  static std::string prefix(spdlog::level::level_enum level) {
    const Terminal& terminal = stderr_terminal();
    if (!terminal.interactive() || level < spdlog::level::warn) return "";
    return level == spdlog::level::warn ? terminal.styled("warning: ", Style::kYellow)
                                        : terminal.styled("error: ", Style::kRed);
  }
};

}  // namespace

void set_up_log(bool quiet) {
  auto logger = std::make_shared<spdlog::logger>("norma", std::make_shared<StderrSink>());
  logger->set_level(quiet ? spdlog::level::warn : spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace norma
