#include "layers/norms/expression/program.h"

#include <algorithm>

#include "core/pool.h"

namespace norma::expression {
namespace {

constexpr int64_t kPieceElements = 512;
constexpr int64_t kMostLanes = 16;  // what memory comes in, so that every value is aligned

constexpr int64_t rounded_up(int64_t n) { return (n + kMostLanes - 1) / kMostLanes * kMostLanes; }

// Memory that is on the stack where it suffices.
class Workspace {
 public:
  explicit Workspace(size_t bytes) {
    if (bytes > sizeof(near_)) far_ = Storage(bytes);
  }
  std::byte* data() { return far_ ? far_.data() : near_; }

 private:
  alignas(64) std::byte near_[20 * 1024];
  Storage far_;
};

template <class T>
class Run {
 public:
  Run(const Program& program, int64_t rows, int64_t channels)
      : program_(program), rows_(rows), channels_(channels) {
    const int64_t pieces = (channels + kPieceElements - 1) / kPieceElements;
    width_ = rounded_up((channels + pieces - 1) / pieces);
    height_ = std::clamp<int64_t>(kPieceElements / width_, 1, rows);
  }

  size_t bytes() const {
    int64_t numbers = static_cast<int64_t>(program_.values.size()) * kMostLanes;  // constants
    for (int level = 0; level < 4; ++level)
      numbers += program_.temporaries[level] * size_of(static_cast<Level>(level));
    return static_cast<size_t>(numbers) * sizeof(T) +
           program_.values.size() * (sizeof(Slot<T>) + sizeof(Moving));
  }

  void bind(std::byte* memory, std::span<const Place<T>> arguments,
            std::span<const Place<T>> results) {
    numbers_ = reinterpret_cast<T*>(memory);
    T* next = numbers_;
    T* of_level[4];
    for (int level = 0; level < 4; ++level) {
      of_level[level] = next;
      next += program_.temporaries[level] * size_of(static_cast<Level>(level));
    }
    const size_t count = program_.values.size();
    T* const constants = next;
    slots_ = reinterpret_cast<Slot<T>*>(constants + static_cast<int64_t>(count) * kMostLanes);
    moving_ = reinterpret_cast<Moving*>(slots_ + count);
    for (size_t i = 0; i < count; ++i) {
      const Program::Value& value = program_.values[i];
      const auto number = static_cast<size_t>(value.number);
      switch (value.kind) {
        case Program::Value::Kind::kConstant: {
          T* const at = constants + static_cast<int64_t>(i) * kMostLanes;
          *at = static_cast<T>(value.value);
          slots_[i] = {at, 0};
          break;
        }
        case Program::Value::Kind::kArgument:
          follow(i, value.level, arguments[number]);
          break;
        case Program::Value::Kind::kResult:
          follow(i, value.level, results[number]);
          break;
        case Program::Value::Kind::kTemporary:
          place_temporary(
              i, value.level,
              of_level[static_cast<int>(value.level)] + value.number * size_of(value.level));
      }
    }
  }

  void operator()() {
    clear_sums(Level::kRow);
    run_steps(Program::kOnce, 1, 1);
    run_steps(Program::kOfRows, 1, rows_);
    for (int64_t c = 0; c < channels_; c += width_) {
      const int64_t channels = std::min(width_, channels_ - c);
      move_to(0, c);
      clear_sums(Level::kChannel);
      run_steps(Program::kOfChannels, 1, channels);
      for (int64_t r = 0; r < rows_; r += height_) {
        if (r > 0) move_to(r, c);
        run_steps(Program::kOfElements, std::min(height_, rows_ - r), channels);
      }
      run_steps(Program::kAfterElements, 1, channels);
    }
    move_to(0, 0);
    run_steps(Program::kAfterChannels, 1, rows_);
  }

 private:
  // A slot that lies elsewhere in every piece: how far it moves with each row and channel.
  struct Moving {
    size_t slot;
    T* first;
    int64_t by_row, by_channel;
  };

  int64_t size_of(Level level) const {
    switch (level) {
      case Level::kUniform:
        return kMostLanes;
      case Level::kRow:
        return rounded_up(rows_);
      case Level::kChannel:
        return width_;
      default:
        return width_ * height_;
    }
  }

  void follow(size_t slot, Level level, const Place<T>& place) {
    const bool of_rows = varies(level, Level::kRow), of_channels = varies(level, Level::kChannel);
    const int64_t by_row = of_rows ? (of_channels ? place.stride : 1) : 0;
    slots_[slot] = {place.at, by_row};
    if (of_rows || of_channels) moving_[moves_++] = {slot, place.at, by_row, of_channels ? 1 : 0};
  }
  void place_temporary(size_t slot, Level level, T* at) {
    slots_[slot] = {at, level == Level::kElement ? width_ : level == Level::kRow ? 1 : 0};
    if (level == Level::kRow) moving_[moves_++] = {slot, at, 1, 0};
  }

  void move_to(int64_t row, int64_t channel) {
    for (size_t i = 0; i < moves_; ++i) {
      const Moving& each = moving_[i];
      slots_[each.slot].at = each.first + row * each.by_row + channel * each.by_channel;
    }
  }

  void clear_sums(Level level) {
    for (size_t i = 0; i < program_.values.size(); ++i)
      if (const Program::Value& value = program_.values[i]; value.sum && value.level == level)
        std::fill_n(slots_[i].at, size_of(level), T(0));
  }

  void run_steps(Program::Phase phase, int64_t rows, int64_t columns) {
    for (const Program::Step& step : program_.steps[phase]) {
      if constexpr (std::is_same_v<T, float>)
        step.as_float(slots_, step.places, rows, columns);
      else
        step.as_double(slots_, step.places, rows, columns);
    }
  }

  const Program& program_;
  int64_t rows_, channels_, width_, height_;
  T* numbers_ = nullptr;
  Slot<T>* slots_ = nullptr;
  Moving* moving_ = nullptr;
  size_t moves_ = 0;
};

}  // namespace

int Program::cost() const {
  int sum = 0;
  for (const Step& step : steps[kOfElements]) sum += step.cost;
  return sum;
}

template <class T>
void run(const Program& program, int64_t rows, int64_t channels,
         std::span<const Place<T>> arguments, std::span<const Place<T>> results) {
  if (rows == 0 || channels == 0) return;
  Run<T> run(program, rows, channels);
  Workspace memory(run.bytes());
  run.bind(memory.data(), arguments, results);
  run();
}

template void run(const Program&, int64_t, int64_t, std::span<const Place<float>>,
                  std::span<const Place<float>>);
template void run(const Program&, int64_t, int64_t, std::span<const Place<double>>,
                  std::span<const Place<double>>);

}  // namespace norma::expression
