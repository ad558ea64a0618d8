#include <bit>
#include <filesystem>

#include "core/io/mapped_file.h"
#include "data/duplicates.h"
#include "data/text/token_dataset.h"
#include "data/text/tokenizer.h"

namespace norma {
namespace {

namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little, "token files are little-endian");

struct TokensOptions {
  std::string source, train, validation, test;
  std::optional<int64_t> vocab;
  WindowOptions window;

  void describe(Fields& f) {
    f.text("source", source, "folder with train.bin and, where there are, val.bin and test.bin");
    f.text("train", train, "training file, in place of source/train.bin");
    f.text("validation", validation, "validation file, in place of source/val.bin");
    f.text("test", test, "test file, in place of source/test.bin");
    f.maybe_integer("vocab", vocab, "number of tokens; null: the largest in the files, plus one",
                    {.min = 1, .max = static_cast<double>(Tokenizer::kLargestVocab)});
    f.rule(!source.empty() || !train.empty(), "source", "a folder, or the file train");
    window.describe(f);
  }
};

// Files of little-endian uint16 tokens without a header, as nanoGPT writes them. They are mapped,
// not read: they may be larger than memory, and several runs share one copy.
class TokenFiles : public TokenDataset {
 public:
  TokenFiles(const TokensOptions& options, int64_t context) {
    open(Split::kTrain, options.train, options.source, "train.bin");
    open(Split::kValidation, options.validation, options.source, "val.bin");
    open(Split::kTest, options.test, options.source, "test.bin");
    Runs runs;
    int64_t vocab = options.vocab.value_or(0);
    for (const Split split : kSplits) {
      const size_t i = static_cast<size_t>(split);
      runs[i] = tokens_of(paths_[i], files_[i].bytes());
      for (size_t t = 0; t < runs[i].size(); ++t) {
        if (runs[i][t] < vocab) continue;
        if (options.vocab)
          throw Error(paths_[i].string() + ": token " + std::to_string(t) + " is " +
                      std::to_string(runs[i][t]) + ", data.vocab allows 0 to " +
                      std::to_string(vocab - 1));
        vocab = runs[i][t] + 1;
      }
    }
    info_.order = options.window.order.value();
    set_tokens(runs, vocab, context, "[tokens] " + paths_[0].string());
  }

  DataCard card() const override {
    DataCard card;
    card.type = "tokens";
    card.source = paths_[0].string();
    card.info = info_;
    for (const Split split : kSplits) {
      if (tokens(split).empty()) continue;
      card.splits.push_back(split_card(split, files_[static_cast<size_t>(split)].bytes()));
      if (split == Split::kTrain) continue;
      const SharedSpans spans = count_shared_spans<uint16_t>(tokens(split), tokens(Split::kTrain));
      card.duplicates.push_back({split,
                                 "spans of " + std::to_string(kSpanLength) + " tokens of the " +
                                     name_of(split) + " file that the training file holds too",
                                 spans.spans, spans.shared});
    }
    return card;
  }

 private:
  void open(Split split, const std::string& file, const std::string& folder, const char* usual) {
    const size_t i = static_cast<size_t>(split);
    const fs::path in_folder = folder.empty() ? fs::path() : fs::path(folder) / usual;
    const bool is_expected = split == Split::kTrain || fs::exists(in_folder);
    paths_[i] = !file.empty() ? fs::path(file) : is_expected ? in_folder : fs::path();
    if (!paths_[i].empty()) files_[i] = io::MappedFile(paths_[i]);
  }

  static std::span<const uint16_t> tokens_of(const fs::path& path,
                                             std::span<const std::byte> bytes) {
    if (!path.empty() && bytes.empty()) throw Error(path.string() + ": the file is empty");
    if (bytes.size() % 2)
      throw Error(path.string() + ": has " + std::to_string(bytes.size()) +
                  " bytes, an odd number; tokens of two bytes were expected");
    return {reinterpret_cast<const uint16_t*>(bytes.data()), bytes.size() / 2};
  }

  std::array<fs::path, kSplits.size()> paths_;
  std::array<io::MappedFile, kSplits.size()> files_;
};

std::unique_ptr<Dataset> load_tokens(const TokensOptions& options, const DataRequest& request) {
  return std::make_unique<TokenFiles>(options, options.window.resolve(request, "tokens"));
}

const RegisterData<TokensOptions> registered_tokens(
    "tokens", "files of uint16 tokens (.bin)",
    "the files of nanoGPT, github.com/karpathy/nanoGPT, data/*/prepare.py", load_tokens);

}  // namespace
}  // namespace norma
