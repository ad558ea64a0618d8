#include "tests/core/power_loss.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "tests/core/file_bytes.h"

namespace norma {

namespace fs = std::filesystem;
using Kind = DiskOperation::Kind;

PowerLossDisk::PowerLossDisk() { nodes_.push_back({true, {}, {}, {}, {}, {}}); }

int PowerLossDisk::find(const std::string& path) const {
  int node = 0;
  for (const fs::path& part : fs::path(path)) {
    if (part == ".") continue;
    const auto entry = nodes_[static_cast<size_t>(node)].entries.find(part.string());
    if (entry == nodes_[static_cast<size_t>(node)].entries.end()) {
      throw std::logic_error("no " + path + " on the simulated disk");
    }
    node = entry->second;
  }
  return node;
}

std::pair<int, std::string> PowerLossDisk::parent_of(const std::string& path) const {
  return {find(fs::path(path).parent_path().string()), fs::path(path).filename().string()};
}

void PowerLossDisk::change(const std::string& path,
                           std::vector<std::pair<std::string, int>> entries) {
  Node& folder = nodes_[static_cast<size_t>(parent_of(path).first)];
  for (const auto& [name, node] : entries) {
    if (node < 0) {
      folder.entries.erase(name);
    } else {
      folder.entries[name] = node;
    }
  }
  folder.changes.push_back({next_number_++, std::move(entries)});
}

void PowerLossDisk::apply(const DiskOperation& operation) {
  const auto node = [&](const std::string& path) -> Node& {
    return nodes_[static_cast<size_t>(find(path))];
  };
  const auto name = [](const std::string& path) { return fs::path(path).filename().string(); };
  const std::string& path = operation.path;
  const std::string& other = operation.other;
  switch (operation.kind) {
    case Kind::kCreate:
    case Kind::kMakeFolder:
      nodes_.push_back({operation.kind == Kind::kMakeFolder, {}, {}, {}, {}, {}});
      change(path, {{name(path), static_cast<int>(nodes_.size()) - 1}});
      break;
    case Kind::kWrite:
      node(path).writes.push_back({next_number_++, operation.bytes});
      break;
    case Kind::kSync:
      for (const Write& write : node(path).writes) node(path).synced += write.bytes;
      node(path).writes.clear();
      break;
    case Kind::kShorten:
      for (const Write& write : node(path).writes) node(path).synced += write.bytes;
      node(path).writes.clear();
      node(path).synced.resize(operation.size);
      break;
    case Kind::kRename:
      change(path, {{name(path), -1}, {name(other), find(path)}});
      break;
    case Kind::kExchange:
      change(path, {{name(path), find(other)}, {name(other), find(path)}});
      break;
    case Kind::kRemoveFile:
    case Kind::kRemoveFolder:
      change(path, {{name(path), -1}});
      break;
    case Kind::kSyncFolder:
      node(path).synced_entries = node(path).entries;
      node(path).changes.clear();
      break;
  }
}

std::vector<int64_t> PowerLossDisk::unsynced() const {
  std::vector<int64_t> numbers;
  for (const Node& node : nodes_) {
    for (const Write& write : node.writes) numbers.push_back(write.number);
    for (const EntryChange& change : node.changes) numbers.push_back(change.number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

void PowerLossDisk::collect(int index, const std::string& path,
                            const std::function<Fate(int64_t)>& fate, Snapshot& found) const {
  const Node& node = nodes_[static_cast<size_t>(index)];
  if (!node.is_folder) {
    std::string content = node.synced;
    for (const Write& write : node.writes) {
      const Fate its = fate(write.number);
      if (its == Fate::kLost) break;  // a file does not grow past what it lacks
      content += its == Fate::kKept ? write.bytes : std::string(write.bytes.size(), '\0');
    }
    found[path] = content;
    return;
  }
  if (!path.empty()) found[path] = std::nullopt;
  std::map<std::string, int> entries = node.synced_entries;
  for (const EntryChange& change : node.changes) {
    if (fate(change.number) != Fate::kKept) continue;
    for (const auto& [name, target] : change.entries) {
      if (target < 0) {
        entries.erase(name);
      } else {
        entries[name] = target;
      }
    }
  }
  for (const auto& [name, target] : entries) {
    collect(target, path.empty() ? name : path + "/" + name, fate, found);
  }
}

PowerLossDisk::Snapshot PowerLossDisk::after_loss(
    const std::function<Fate(int64_t change)>& fate) const {
  Snapshot found;
  collect(0, "", fate, found);
  return found;
}

std::vector<PowerLossDisk::Snapshot> PowerLossDisk::outcomes(std::mt19937& random,
                                                             int samples) const {
  std::set<Snapshot> outcomes = {after_loss([](int64_t) { return Fate::kKept; })};
  for (int64_t first_lost : unsynced()) {
    outcomes.insert(
        after_loss([&](int64_t n) { return n < first_lost ? Fate::kKept : Fate::kLost; }));
  }
  for (int i = 0; i < samples && !unsynced().empty(); ++i) {
    outcomes.insert(after_loss([&](int64_t) {
      const auto draw = random() % 5;
      return draw < 2 ? Fate::kKept : draw < 4 ? Fate::kLost : Fate::kZeroed;
    }));
  }
  return {outcomes.begin(), outcomes.end()};
}

void materialize(const PowerLossDisk::Snapshot& snapshot, const fs::path& folder) {
  for (const auto& [path, content] : snapshot) {  // sorted: a folder comes before what it holds
    if (content) {
      write_bytes(folder / path, *content);
    } else {
      fs::create_directory(folder / path);
    }
  }
}

}  // namespace norma
