#include <algorithm>
#include <queue>
#include <string>
#include <unordered_map>

#include "data/text/bpe.h"

namespace norma {
namespace {

enum class Kind : uint8_t { kSpace, kLetter, kDigit, kSign };

Kind kind_of(char c) {
  const uint8_t byte = static_cast<uint8_t>(c);
  if (byte == ' ' || (byte >= '\t' && byte <= '\r')) return Kind::kSpace;
  if (byte >= '0' && byte <= '9') return Kind::kDigit;
  const uint8_t lower = byte | 0x20;
  if (byte >= 128 || (lower >= 'a' && lower <= 'z')) return Kind::kLetter;
  return Kind::kSign;
}

using Pair = uint32_t;  // two tokens
Pair pair_of(uint16_t first, uint16_t second) { return Pair{first} << 16 | second; }

// One distinct piece of the text, as tokens so far.
struct Word {
  std::vector<uint16_t> tokens;
  int64_t count = 0;
};

struct PairCount {
  int64_t count = 0;
  std::vector<uint32_t> words;  // that hold the pair or once held it
};

class Learner {
 public:
  explicit Learner(std::string_view text) {
    std::unordered_map<std::string_view, uint32_t> index_of;
    for (size_t position = 0; position < text.size();) {
      const std::string_view piece = next_bpe_piece(text, position);
      position += piece.size();
      const auto [entry, is_new] = index_of.try_emplace(piece, words_.size());
      if (is_new) {
        words_.emplace_back();
        for (const char c : piece) words_.back().tokens.push_back(static_cast<uint8_t>(c));
      }
      ++words_[entry->second].count;
    }
    for (uint32_t w = 0; w < words_.size(); ++w)
      for (size_t i = 0; i + 1 < words_[w].tokens.size(); ++i)
        change(pair_of(words_[w].tokens[i], words_[w].tokens[i + 1]), w, words_[w].count);
    for (const auto& [pair, entry] : pairs_) queue_.push({entry.count, pair});
    changed_.clear();
  }

  // The most frequent pair, when it occurs at least twice.
  bool most_frequent(Pair& pair) {
    while (!queue_.empty()) {
      const Candidate top = queue_.top();
      queue_.pop();
      const auto entry = pairs_.find(top.pair);
      // Counts change after they were queued; the newest count is queued again at each change.
      if (entry == pairs_.end() || entry->second.count != top.count) continue;
      if (top.count < 2) return false;
      pair = top.pair;
      return true;
    }
    return false;
  }

  void merge(Pair pair, uint16_t token) {
    const std::vector<uint32_t> words = std::move(pairs_[pair].words);
    for (const uint32_t w : words) merge_in(w, pair, token);
    pairs_.erase(pair);
    for (const Pair other : changed_) {
      const auto entry = pairs_.find(other);
      if (entry != pairs_.end() && entry->second.count > 0)
        queue_.push({entry->second.count, other});
    }
    changed_.clear();
  }

 private:
  struct Candidate {
    int64_t count;
    Pair pair;
    bool operator<(const Candidate& other) const {
      return count != other.count ? count < other.count : pair > other.pair;
    }
  };

  void change(Pair pair, uint32_t word, int64_t by) {
    PairCount& entry = pairs_[pair];
    entry.count += by;
    if (by > 0 && (entry.words.empty() || entry.words.back() != word)) entry.words.push_back(word);
    changed_.push_back(pair);
  }

  // Replaces the pair in one word, left to right, and counts its neighbours' pairs anew.
  void merge_in(uint32_t w, Pair pair, uint16_t token) {
    std::vector<uint16_t>& tokens = words_[w].tokens;
    const int64_t count = words_[w].count;
    size_t kept = 0;
    for (size_t i = 0; i < tokens.size(); ++i) {
      if (i + 1 == tokens.size() || pair_of(tokens[i], tokens[i + 1]) != pair) {
        tokens[kept++] = tokens[i];
        continue;
      }
      if (kept > 0) {
        change(pair_of(tokens[kept - 1], tokens[i]), w, -count);
        change(pair_of(tokens[kept - 1], token), w, count);
      }
      if (i + 2 < tokens.size()) {
        change(pair_of(tokens[i + 1], tokens[i + 2]), w, -count);
        change(pair_of(token, tokens[i + 2]), w, count);
      }
      tokens[kept++] = token;
      ++i;
    }
    tokens.resize(kept);
  }

  std::vector<Word> words_;
  std::unordered_map<Pair, PairCount> pairs_;
  std::priority_queue<Candidate> queue_;
  std::vector<Pair> changed_;
};

}  // namespace

std::string_view next_bpe_piece(std::string_view text, size_t position) {
  const size_t limit = std::min(text.size(), position + kLongestBpePiece);
  size_t end = position;
  if (text[end] == ' ' && end + 1 < limit && kind_of(text[end + 1]) != Kind::kSpace) ++end;
  const Kind kind = kind_of(text[end]);
  const size_t run = end;
  while (end < limit && kind_of(text[end]) == kind) ++end;
  // The last space of a run belongs to the word behind it.
  const bool word_follows = end < text.size() && kind_of(text[end]) != Kind::kSpace;
  if (kind == Kind::kSpace && end - run > 1 && text[end - 1] == ' ' && word_follows) --end;
  return text.substr(position, end - position);
}

std::vector<BpeMerge> learn_bpe(std::string_view text, size_t merges) {
  Learner learner(text);
  std::vector<BpeMerge> learned;
  Pair pair = 0;
  while (learned.size() < merges && learner.most_frequent(pair)) {
    learner.merge(pair, static_cast<uint16_t>(256 + learned.size()));
    learned.emplace_back(static_cast<uint16_t>(pair >> 16), static_cast<uint16_t>(pair & 0xFFFF));
  }
  return learned;
}

}  // namespace norma
