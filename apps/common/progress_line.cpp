#include <algorithm>
#include <cmath>
#include <vector>

#include "apps/common/human.h"
#include "apps/common/progress.h"

namespace norma {
namespace {

double share_of(const ProgressView& view) {
  if (view.total <= 0) return 0;
  return std::clamp(static_cast<double>(view.done) / static_cast<double>(view.total), 0.0, 1.0);
}

// Rounded down: 100% is for what is done.
std::string percent(const ProgressView& view) {
  return std::to_string(static_cast<int>(std::floor(share_of(view) * 100))) + "%";
}

std::string bar(double share, int width, bool blocks) {
  if (!blocks) {
    const int full = static_cast<int>(share * width);
    return "[" + std::string(static_cast<size_t>(full), '#') +
           std::string(static_cast<size_t>(width - full), '.') + "]";
  }
  // A column is filled in eighths.
  static const char* const kEighths[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int eighths = static_cast<int>(share * width * 8);
  std::string text = "▕";
  for (int column = 0; column < width; ++column) {
    const int filled = eighths - column * 8;
    text += filled >= 8 ? "█" : kEighths[std::max(filled, 0)];
  }
  return text + "▏";
}

// What stands behind the bar, the most important first.
std::vector<std::string> parts_of(const ProgressView& view) {
  std::vector<std::string> parts = {std::to_string(view.done) + "/" + std::to_string(view.total)};
  if (!view.text.empty()) parts.push_back(view.text);
  if (view.seconds_left >= 0 && view.done < view.total)
    parts.push_back(human_clock(view.seconds_left) + " left");
  if (view.rate > 0) parts.push_back(human_count(view.rate) + " " + view.unit + "/s");
  return parts;
}

}  // namespace

std::string progress_bar_line(const ProgressView& view, int width, bool blocks) {
  constexpr int kMostBar = 30, kLeastBar = 5, kBarEnds = 2;
  std::string line = view.label + " " + padded(percent(view), 4);
  if (columns_of(line) > width) return percent(view);
  std::string tail;
  for (const std::string& part : parts_of(view)) {
    // A part that does not fit is left out; a shorter one behind it may.
    if (columns_of(line) + columns_of(tail) + columns_of(part) + 2 > width) continue;
    tail += "  " + part;
  }
  const int room = width - columns_of(line) - columns_of(tail) - kBarEnds;
  if (room >= kLeastBar) line += bar(share_of(view), std::min(room, kMostBar), blocks);
  return line + tail;
}

std::string progress_log_line(const ProgressView& view) {
  std::string line = view.label;
  for (const std::string& part : parts_of(view)) line += "  " + part;
  return line + "  (" + percent(view) + ")";
}

}  // namespace norma
