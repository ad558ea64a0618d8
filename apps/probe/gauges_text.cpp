// What there is to be measured.
#include <algorithm>

#include "apps/common/human.h"
#include "apps/common/terminal.h"
#include "apps/gauges/gauge.h"
#include "apps/gauges/probe/presets.h"
#include "apps/probe/tables.h"

namespace norma {
namespace {

// What gauges have a value for each of: the usual kinds first, then whatever else one registered.
std::vector<std::string> kinds_of_gauges() {
  std::vector<std::string> kinds{"module", "parameter", "join", "attention",
                                 "norm",   "block",     "model"};
  for (const Entry* gauge : gauge_registry().entries())
    if (const std::string& each = gauge_registry().at(gauge->type).one_each;
        std::ranges::find(kinds, each) == kinds.end())
      kinds.push_back(each);
  return kinds;
}

std::string words_of(const std::vector<std::string>& names) {
  std::string words;
  for (const std::string& name : names) words += (words.empty() ? "" : " ") + name;
  return wrapped(words, "  ", 100);
}

}  // namespace

std::string gauges_text() {
  const Terminal& terminal = stdout_terminal();
  std::string text;
  for (const std::string& each : kinds_of_gauges()) {
    text += terminal.styled("one value for each " + each, Style::kBold) + "\n";
    for (const Entry* gauge : gauge_registry().entries())
      if (gauge_registry().at(gauge->type).one_each == each)
        text += "  " + padded(gauge->type, 22) + gauge->summary + "\n";
  }
  for (const ProbePreset& preset : probe_presets())
    text += terminal.styled(std::string("preset ") + preset.name, Style::kBold) +
            ", in a training every " + grouped(preset.every) + " steps\n" + words_of(preset.gauges);
  return text;
}

std::string gauge_text(const std::string& name) {
  const GaugeType& type = gauge_registry().at(name);
  const Entry* const entry = gauge_registry().find(name);
  std::string text = stdout_terminal().styled(name, Style::kBold) + ": " + entry->summary +
                     "\n\n  " + type.formula + "\n\none value for each " + type.one_each + "\n";
  if (!entry->source.empty()) text += "source: " + entry->source + "\n";
  for (const ProbePreset& preset : probe_presets())
    for (const std::string& member : preset.gauges)
      if (member == name) text += std::string("in the preset ") + preset.name + "\n";
  return text;
}

}  // namespace norma
