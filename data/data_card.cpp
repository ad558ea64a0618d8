#include "data/data_card.h"

#include <nlohmann/json.hpp>

namespace norma {
namespace {

Json json_of(const DataInfo& info) {
  switch (info.kind) {
    case InputKind::kTokens:
      if (info.answer > 0)
        return {{"kind", "tokens"},
                {"vocab", info.vocab},
                {"context", info.context},
                {"answer", info.answer}};
      return {{"kind", "tokens"}, {"vocab", info.vocab}, {"context", info.context}};
    case InputKind::kImages:
      return {{"kind", "images"},
              {"height", info.height},
              {"width", info.width},
              {"channels", info.channels},
              {"classes", info.classes}};
    case InputKind::kFeatures:
      return {{"kind", "features"}, {"features", info.features}, {"classes", info.classes}};
  }
  return nullptr;
}

Json json_of(const SplitCard& split) {
  Json json{{"samples", split.samples}, {"bytes", split.bytes}, {"sha256", split.sha256}};
  if (split.tokens) json["tokens"] = split.tokens;
  if (!split.class_counts.empty()) json["class_counts"] = split.class_counts;
  return json;
}

}  // namespace

Json DataCard::json() const {
  Json card{{"type", type}, {"source", source}, {"licence", licence}};
  card["sample"] = json_of(info);
  card["order"] = info.order == Order::kShuffled ? "shuffled" : "sequential";
  for (const SplitCard& split : splits) card["splits"][name_of(split.split)] = json_of(split);
  card["duplicates"] = Json::array();
  for (const DuplicateCard& duplicate : duplicates)
    card["duplicates"].push_back({{"split", name_of(duplicate.split)},
                                  {"what", duplicate.what},
                                  {"checked", duplicate.checked},
                                  {"found", duplicate.found}});
  if (!class_names.empty()) card["class_names"] = class_names;
  if (poison.labels > 0)
    card["poison"] = {{"share", poison.share},
                      {"towards", poison.towards},
                      {"seed", poison.seed},
                      {"labels", poison.labels}};
  if (!mean.empty()) card["normalization"] = {{"mean", mean}, {"std", std}};
  if (!tokenizer.empty()) card["tokenizer"] = tokenizer;
  if (!notes.empty()) card["notes"] = notes;
  return card;
}

}  // namespace norma
