#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/config/json.h"
#include "data/dataset.h"

namespace norma {

struct SplitCard {
  Split split = Split::kTrain;
  int64_t samples = 0;  // as evaluation counts them
  int64_t tokens = 0;   // 0 where samples are no tokens
  int64_t bytes = 0;    // of the content that is hashed
  std::string sha256;
  std::vector<int64_t> class_counts;
};

// One search for content that occurs more than once.
struct DuplicateCard {
  Split split = Split::kTrain;  // whose content was looked up: in the train split, or in itself
  std::string what;             // what was counted, in words
  int64_t checked = 0;          // samples, spans … looked up
  int64_t found = 0;
};

// Labels of the train split that were replaced by one class on purpose.
struct PoisonCard {
  double share = 0;  // of its samples
  int64_t towards = 0, seed = 0;
  int64_t labels = 0;  // so many; 0 = none
};

// What a data set is and where it comes from. Written into the run folder as data_card.json, so
// that a result can be traced to its data.
struct DataCard {
  std::string type, source;
  std::string licence = "unknown";
  DataInfo info;
  std::vector<SplitCard> splits;
  std::vector<DuplicateCard> duplicates;
  std::vector<std::string> class_names;
  PoisonCard poison;
  // What images were normalized by, per channel of pixels scaled to [0, 1]; empty when they were
  // not.
  std::vector<double> mean, std;
  std::string tokenizer;           // in words
  std::vector<std::string> notes;  // what a user should be told once, e.g. a fallback

  // In reading order.
  Json json() const;
};

}  // namespace norma
