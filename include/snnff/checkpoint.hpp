#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "snnff/data_file.hpp"
#include "snnff/matrix.hpp"
#include "snnff/panels.hpp"

namespace snnff {

/// The values that a run needs to go on, shown one by one: to be saved, or to be replaced by what was saved.
/// Whoever has state shows it in one function that serves both, so that nothing is saved that is not
/// restored. Names are unique within a section. Restoring throws DataError where a value is not there or of
/// another size.
class State {
  public:
    virtual ~State() = default;
    virtual bool restoring() const noexcept = 0;
    virtual void show(std::string_view name, std::int64_t& value) = 0;
    virtual void show(std::string_view name, double& value) = 0;
    /// Lists of a length that is known to both sides ...
    virtual void show(std::string_view name, std::span<float> values) = 0;
    /// ... and of one that is not.
    virtual void show(std::string_view name, std::vector<double>& values) = 0;
    virtual void show(std::string_view name, std::vector<std::int64_t>& values) = 0;
    virtual void show(std::string_view name, Matrix& values) = 0;
    /// A whole number between `least` and `most`, both included: throws DataError where another was saved.
    /// What a checkpoint says is believed as far as nothing else could come of it than other numbers.
    void show(std::string_view name, std::int64_t& value, std::int64_t least, std::int64_t most);
    /// As [unit, input], whatever the layout in memory; of a shape that is known to both sides.
    void show(std::string_view name, Panels& weights);

    /// A section for as long as it lives.
    class Section {
      public:
        Section(State& state, std::string_view name) : state_(state) { state.enter(name); }
        ~Section() { state_.leave(); }
        Section(const Section&) = delete;
        Section& operator=(const Section&) = delete;

      private:
        State& state_;
    };

  private:
    virtual void enter(std::string_view name) = 0;
    virtual void leave() noexcept = 0;
};

/// What training asks about checkpoints.
class Checkpoints {
  public:
    using Show = std::function<void(State&)>;
    virtual ~Checkpoints() = default;
    /// Looked at after every mini-batch; `n_epochs` of the plan are done, the last of them just now or not.
    virtual bool due(std::int64_t n_epochs, bool epoch_ended) = 0;
    virtual void save(const Show& show) = 0;
    /// Where to go on from, once; null where the run begins.
    virtual State* restored() = 0;
};

/// What a checkpoint says of the run it belongs to.
struct CheckpointHead {
    std::string run_id;          ///< as the run file has it
    std::string model_toml;      ///< resolved
    std::int64_t numbers = 0;    ///< the definition of numbers that it was calculated by
    std::vector<DataFile> data;  ///< by role
    std::int64_t n_resumed = 0;  ///< how often the run was taken up before; each time the run file is new
    std::int64_t n_epochs = 0;   ///< that were at their end
    /// What finds in that file all it held when this was saved, even where its own index is damaged since;
    /// empty where it was written in a way that has none.
    std::vector<std::int64_t> index{};
};

/// Where checkpoints of a run file are, the newest first.
std::vector<std::filesystem::path> checkpoint_paths(const std::filesystem::path& run);

/// Writes a checkpoint beside the run file: a new file with a checksum, on disk before it takes its name; the
/// one before is kept as
/// `.ckpt.previous`. Throws FileError; what was there before is there then.
void write_checkpoint(const std::filesystem::path& run, const CheckpointHead& head,
                      const Checkpoints::Show& show);

/// A checkpoint read back.
class CheckpointFile {
  public:
    /// Throws FileError or DataError where it is no checkpoint, damaged, cut short, or of a version this
    /// program does not know.
    explicit CheckpointFile(const std::filesystem::path& path);
    ~CheckpointFile();
    const CheckpointHead& head() const noexcept;
    State& state() noexcept;
    /// Whether its bytes were checked; checkpoints of earlier versions have nothing to check them by.
    bool sealed() const noexcept;

  private:
    struct Open;
    std::unique_ptr<Open> open_;
};

/// Removes the checkpoints of a run file, if there are any.
void remove_checkpoints(const std::filesystem::path& run) noexcept;

}  // namespace snnff
